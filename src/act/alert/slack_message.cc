#include "act/alert/slack_message.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "act/alert/notification_templates.h"
#include "act/format.h"
#include "act/message.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi::alerts {
namespace {

// Characters (docs.slack.dev/reference/block-kit), and of a whole message less than Slack takes.
constexpr size_t kSectionMax = 3000;
constexpr size_t kFieldMax = 2000;
constexpr size_t kTitleMax = 300;
constexpr size_t kButtonMax = 75;
constexpr size_t kUrlMax = 3000;
constexpr size_t kTextMax = 6000;
constexpr size_t kFieldsMax = 20;
constexpr size_t kAllFieldsMax = 3000;
constexpr size_t kLinksMax = 5;
constexpr size_t kProblemMax = 300;

Language LanguageOf(const SlackConfig& config) { return LanguageFromCode(config.language); }

void WriteText(std::string_view type, std::string_view text, JsonWriter* json) {
  json->BeginObject();
  json->Key("type").String(type);
  json->Key("text").String(text);
  json->EndObject();
}

void WriteSection(std::string_view text, JsonWriter* json) {
  json->BeginObject().Key("type").String("section").Key("text");
  WriteText("mrkdwn", text, json);
  json->EndObject();
}

void WriteContext(std::string_view text, JsonWriter* json) {
  json->BeginObject().Key("type").String("context").Key("elements").BeginArray();
  WriteText("mrkdwn", CutText(text, kSectionMax), json);
  json->EndArray().EndObject();
}

bool IsWebUrl(std::string_view url) {
  return (url.starts_with("http://") || url.starts_with("https://")) && url.size() <= kUrlMax &&
         url.find_first_of("|> \n") == url.npos;
}

std::string TitleOf(const SlackConfig& of) {
  std::string title = CutText(OneLine(of.title), kTitleMax);
  if (!IsWebUrl(of.title_link)) return "*" + title + "*";
  std::replace(title.begin(), title.end(), '|', '/');
  return fmt::format("*<{}|{}>*", of.title_link, title);
}

// Slack shows it in the reader's own time zone.
std::string MomentOf(Time time) {
  return fmt::format("<!date^{}^{{date_short_pretty}} {{time}}|{}>", ToMs(time) / 1000,
                     FormatTime(time));
}

std::string StateText(const Notification& notification, Language language) {
  const GroupState& state = notification.state;
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " · ") + part; };
  if (!notification.firing()) {
    if (state.opened_at == Time{}) return std::string(Text(TextId::kIsOver, language));
    const Time end = state.closed_at == Time{} ? notification.created_at : state.closed_at;
    return FillText(TextId::kIsOverAfter, language,
                    {{"duration", FormatSpan(end - state.opened_at, language)}});
  }
  if (state.opened_at != Time{}) {
    add(FillText(TextId::kFiresSince, language, {{"time", MomentOf(state.opened_at)}}));
  }
  if (state.level > 0) {
    add(FillText(TextId::kWasEscalated, language, {{"level", std::to_string(state.level)}}));
  }
  if (state.is_acknowledged()) {
    add(FillText(TextId::kTakenCareOfBy, language,
                 {{"who", SlackEscape(state.acknowledged_by, kButtonMax)},
                  {"time", MomentOf(state.acknowledged_at)}}));
  } else if (!notification.next_receiver.empty()) {
    add(FillText(TextId::kNextTold, language,
                 {{"receiver", SlackEscape(notification.next_receiver, kButtonMax)},
                  {"time", MomentOf(notification.next_at)}}));
  }
  return text;
}

void WriteButton(std::string_view id, TextId text, std::string_view style, uint64_t group,
                 Language language, JsonWriter* json) {
  json->BeginObject();
  json->Key("type").String("button");
  json->Key("action_id").String(id);
  json->Key("value").String(HexId(group));
  json->Key("text");
  WriteText("plain_text", Text(text, language), json);
  if (!style.empty()) json->Key("style").String(style);
  json->EndObject();
}

void WriteActions(const SlackConfig& of, const Notification& notification, bool has_buttons,
                  JsonWriter* json) {
  const bool acts = has_buttons && notification.firing() && notification.state.is_open();
  std::vector<SlackConfig::Link> links;
  for (const SlackConfig::Link& link : of.actions) {
    if (IsWebUrl(link.url) && links.size() < kLinksMax) links.push_back(link);
  }
  if (!acts && links.empty()) return;
  const Language language = LanguageOf(of);
  const uint64_t group = notification.state.id();
  json->BeginObject().Key("type").String("actions").Key("elements").BeginArray();
  if (acts) {
    if (!notification.state.is_acknowledged()) {
      WriteButton(kSlackAcknowledge, TextId::kAcknowledge, "primary", group, language, json);
    }
    WriteButton(kSlackEscalate, TextId::kEscalate, "", group, language, json);
    WriteButton(kSlackResolve, TextId::kResolve, "", group, language, json);
  }
  for (size_t i = 0; i < links.size(); ++i) {
    json->BeginObject();
    json->Key("type").String("button");
    json->Key("action_id").String(fmt::format("kizashi_link_{}", i));
    json->Key("url").String(links[i].url);
    json->Key("text");
    WriteText("plain_text", CutText(OneLine(links[i].text), kButtonMax), json);
    if (!links[i].style.empty()) json->Key("style").String(links[i].style);
    json->EndObject();
  }
  json->EndArray().EndObject();
}

// A section has at most ten fields.
void WriteFields(const SlackConfig& of, JsonWriter* json) {
  size_t chars = 0;
  const size_t count = std::min(of.fields.size(), kFieldsMax);
  bool is_open = false;
  for (size_t i = 0; i < count; ++i) {
    const std::string text = CutText(
        fmt::format("*{}*\n{}", OneLine(of.fields[i].title), of.fields[i].value), kFieldMax);
    chars += text.size();
    if (chars > kAllFieldsMax) break;
    if (i % 10 == 0) {
      if (is_open) json->EndArray().EndObject();
      json->BeginObject().Key("type").String("section").Key("fields").BeginArray();
      is_open = true;
    }
    WriteText("mrkdwn", text, json);
  }
  if (is_open) json->EndArray().EndObject();
}

void WriteBlocks(const SlackTexts& texts, const Notification& notification, bool has_buttons,
                 bool brief, JsonWriter* json) {
  const SlackConfig& of = texts.of;
  json->Key("blocks").BeginArray();
  WriteSection(TitleOf(of), json);
  if (!brief) {
    // Sections of whole lines as far as possible.
    std::string rest = CutText(of.text, kTextMax);
    while (rest.find_first_not_of(" \n\t") != rest.npos) {
      std::string part = rest.size() <= kSectionMax ? rest : CutText(rest, kSectionMax - 1);
      if (part.size() < rest.size()) {
        part.resize(part.size() - std::string_view("…").size());
        const size_t line = part.rfind('\n');
        if (line != part.npos && line > 0) part.resize(line + 1);
      }
      rest.erase(0, part.size());
      if (part.find_first_not_of(" \n\t") != part.npos) WriteSection(part, json);
    }
    WriteFields(of, json);
    if (IsWebUrl(of.image_url)) {
      json->BeginObject().Key("type").String("image").Key("image_url").String(of.image_url);
      json->Key("alt_text").String(CutText(OneLine(of.title), kTitleMax)).EndObject();
    }
  }
  if (!texts.problem.empty()) {
    WriteContext("⚠ " + SlackEscape(OneLine(texts.problem), kProblemMax), json);
  }
  if (!notification.reason.empty()) {
    WriteContext(SlackEscape(OneLine(notification.reason), kSectionMax), json);
  }
  const std::string state = StateText(notification, LanguageOf(of));
  if (!state.empty()) WriteContext(state, json);
  WriteActions(of, notification, has_buttons, json);
  if (!brief && !of.footer.empty()) WriteContext(CutText(of.footer, kTitleMax), json);
  json->EndArray();
}

// "good", "warning" and "danger" are names of old; the rest is as it is.
void WriteIdentity(const SlackConfig& of, JsonWriter* json) {
  if (!of.username.empty()) json->Key("username").String(of.username);
  if (!of.icon_emoji.empty()) json->Key("icon_emoji").String(of.icon_emoji);
  if (IsWebUrl(of.icon_url)) json->Key("icon_url").String(of.icon_url);
}

}  // namespace

SlackTexts ExpandSlackTexts(const SlackConfig& config, const Notification& notification,
                            const std::string& external_url,
                            const std::shared_ptr<const rules::TemplateSet>& templates) {
  SlackTexts texts{config, ""};
  NotificationTexts expand(templates, notification, external_url, Escaping::kSlack);
  const std::string subject = PlainSubject(Escaped(notification, Escaping::kSlack));
  SlackConfig& of = texts.of;
  of.title = expand(config.title, subject);
  if (of.title.find_first_not_of(" \n\t") == of.title.npos) of.title = subject;
  of.text = expand(config.text);
  of.fallback = expand(config.fallback, subject);
  for (std::string* text : {&of.channel, &of.username, &of.color, &of.title_link, &of.pretext,
                            &of.footer, &of.icon_emoji, &of.icon_url, &of.image_url}) {
    *text = expand(*text);
  }
  for (SlackConfig::Field& field : of.fields) {
    field.title = expand(field.title);
    field.value = expand(field.value);
  }
  for (SlackConfig::Link& link : of.actions) {
    link.text = expand(link.text);
    link.url = expand(link.url);
  }
  texts.problem = expand.error();
  return texts;
}

std::string WriteSlackPlace(const SlackPlace& place) {
  return fmt::format("{} {} {} {} {}", place.channel, place.ts, place.page,
                     place.fires ? "fires" : "over", place.content);
}

SlackPlace ReadSlackPlace(std::string_view receipt) {
  std::vector<std::string_view> parts;
  while (!receipt.empty() && parts.size() < 6) {
    const size_t end = std::min(receipt.find(' '), receipt.size());
    parts.push_back(receipt.substr(0, end));
    receipt.remove_prefix(std::min(end + 1, receipt.size()));
  }
  if (parts.size() != 5) return {};
  SlackPlace place;
  place.channel = parts[0];
  place.ts = parts[1];
  std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), place.page);
  place.fires = parts[3] == "fires";
  std::from_chars(parts[4].data(), parts[4].data() + parts[4].size(), place.content);
  return place;
}

uint64_t SlackContent(const Notification& notification) {
  std::string text;
  for (const ToldAlert& told : notification.alerts) {
    text += fmt::format("{:x}{}{},", told.alert->fingerprint, told.firing ? '+' : '-',
                        ToMs(told.alert->starts_at));
  }
  const GroupState& state = notification.state;
  text += fmt::format("{} {} {} {} {}", state.level, ToMs(state.acknowledged_at), notification.page,
                      notification.next_receiver, ToMs(notification.next_at));
  return Hash64(text);
}

std::string SlackBody(const SlackTexts& texts, const Notification& notification,
                      const SlackPlace* place, bool has_buttons, bool brief) {
  const SlackConfig& of = texts.of;
  JsonWriter json;
  json.BeginObject();
  if (place != nullptr) {
    json.Key("channel").String(place->channel);
    json.Key("ts").String(place->ts);
  } else {
    if (!of.channel.empty()) json.Key("channel").String(of.channel);
    WriteIdentity(of, &json);
  }
  if (of.link_names) json.Key("link_names").Bool(true);
  json.Key("text").String(CutText(of.pretext, kSectionMax));
  json.Key("attachments").BeginArray().BeginObject();
  if (!of.color.empty()) json.Key("color").String(of.color);
  json.Key("fallback").String(CutText(OneLine(of.fallback), kTitleMax));
  WriteBlocks(texts, notification, has_buttons, brief, &json);
  json.EndObject().EndArray();
  json.EndObject();
  return json.Take();
}

std::string SlackReply(const SlackTexts& texts, const Notification& notification,
                       const SlackPlace& place) {
  const Language language = LanguageOf(texts.of);
  const TextId id = notification.page != place.page ? TextId::kIsGraverNow : TextId::kIsStillFiring;
  JsonWriter json;
  json.BeginObject();
  json.Key("channel").String(place.channel);
  json.Key("thread_ts").String(place.ts);
  json.Key("reply_broadcast").Bool(true);
  WriteIdentity(texts.of, &json);
  json.Key("text").String(
      FillText(id, language, {{"title", CutText(OneLine(texts.of.title), kTitleMax)}}));
  json.EndObject();
  return json.Take();
}

}  // namespace kizashi::alerts
