#include "act/oncall/reason.h"

#include "act/format.h"
#include "base/check.h"

namespace kizashi::oncall {
namespace {

TextId SentenceOf(const Escalation& escalation, const Tell& tell) {
  switch (tell.reason.kind) {
    case Reason::Kind::kOnCall: return TextId::kToldOnCall;
    case Reason::Kind::kChannel: return TextId::kToldChannel;
    case Reason::Kind::kLastResort: return TextId::kToldLastResort;
    case Reason::Kind::kNamed: break;
  }
  return escalation.policy.is_default ? TextId::kToldDefault : TextId::kToldNamed;
}

}  // namespace

std::string ReasonText(const Escalation& escalation, const Page& page, Language language) {
  KZ_CHECK(page.done_step < escalation.done.size(), "step {} of a page", page.done_step);
  const DoneStep& done = escalation.done[page.done_step];
  KZ_CHECK(page.tell < done.tells.size(), "tell {} of a page", page.tell);
  const Tell& tell = done.tells[page.tell];
  const size_t steps = escalation.policy.steps.size();
  // The last resort belongs to the round whose steps are over.
  const size_t position = done.last_resort ? done.position - 1 : done.position;
  std::string text = FillText(SentenceOf(escalation, tell), language,
                              {{"schedule", tell.reason.schedule},
                               {"team", tell.to.name},
                               {"policy", escalation.policy.name},
                               {"service", escalation.service},
                               {"step", std::to_string(position % steps + 1)},
                               {"steps", std::to_string(steps)}});
  const auto add = [&](const std::string& sentence) {
    if (language == Language::kEnglish) text += ' ';
    text += sentence;
  };
  if (position >= steps) {
    add(FillText(TextId::kToldRound, language, {{"round", std::to_string(position / steps + 1)}}));
  }
  if (!done.by.empty()) {
    add(FillText(TextId::kToldEscalated, language, {{"person", done.by}}));
  } else if (done.at - escalation.opened >= std::chrono::minutes(1)) {
    add(FillText(TextId::kToldUnanswered, language,
                 {{"duration", FormatSpan(done.at - escalation.opened, language)}}));
  }
  return text;
}

}  // namespace kizashi::oncall
