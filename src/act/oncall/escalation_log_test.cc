// Escalations over kill -9: a process that is killed at random, and logs that end anywhere.
#include "act/oncall/escalation_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "act/oncall/naive_model.h"

namespace kizashi::oncall {
namespace {

constexpr naive::Minute kFrom = 29'800'000;
Time At(naive::Minute minute) { return TimeFromMs(minute * 60'000); }

const Lookup kNobodyAway = {
    [](std::string_view, Time at) {
      return std::optional<std::string>(ToMs(at) / 60'000 % 20 < 10 ? "ann" : "bob");
    },
    [](std::string_view, Time) { return false; }};

EscalationPolicy Policy() {
  EscalationPolicy policy;
  policy.name = "shop";
  policy.team = "dev";
  policy.repeat = 1;
  for (int i = 1; i <= 3; ++i) {
    EscalationStep step;
    step.targets = {{Target::Kind::kSchedule, "p"}, {Target::Kind::kPerson, fmt::format("p{}", i)}};
    step.wait = std::chrono::minutes(2 * i);
    policy.steps.push_back(step);
  }
  return policy;
}

class EscalationLogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "escalations_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<EscalationLog> Open(Registry* registry) const {
    auto log = EscalationLog::Open({folder_.string(), "oncall_escalations", 4'096, Duration(5'000)},
                                   registry);
    return log.ok() ? *std::move(log) : nullptr;
  }

  std::filesystem::path folder_;
};

TEST_F(EscalationLogTest, GivesPagesAgainUntilTheyAreHandedOver) {
  Registry registry;
  std::string key;
  {
    const auto log = Open(&registry);
    ASSERT_TRUE(log->OpenGroup("g", "shop", "critical", Policy(), At(kFrom)).ok());
    log->Tick(At(kFrom), kNobodyAway);
    ASSERT_EQ(log->Pages().size(), 2u);
    EXPECT_EQ(log->Pages()[0].to.name, "ann");
    EXPECT_THAT(log->Pages()[0].reason_en, testing::HasSubstr("on call of p now"));
    EXPECT_THAT(log->Pages()[0].reason_ja, testing::HasSubstr("オンコール担当"));
    log->HandedOver(log->Pages()[0].page);
    key = log->Pages()[0].key;
  }
  Registry next;
  const auto log = Open(&next);
  ASSERT_EQ(log->Pages().size(), 1u);
  EXPECT_EQ(log->Pages()[0].key, key);
  EXPECT_EQ(log->NextDue(), At(kFrom + 2));
  log->HandedOver(log->Pages()[0].page);
  EXPECT_TRUE(log->Pages().empty());
  log->Tick(At(kFrom + 2), kNobodyAway);
  EXPECT_EQ(log->Pages().size(), 2u);
  EXPECT_TRUE(log->Sync().ok());
  EXPECT_THAT(next.Write(), testing::HasSubstr("kizashi_oncall_steps_missed_total 0"));
  EXPECT_THAT(next.Write(), testing::HasSubstr("kizashi_oncall_steps_total 1"));
}

TEST_F(EscalationLogTest, CountsLateStepsAndThoseThatReachNobody) {
  Registry registry;
  const auto log = Open(&registry);
  EscalationPolicy policy = Policy();
  policy.steps.resize(1);
  policy.steps[0].targets = {{Target::Kind::kSchedule, "p"}};
  ASSERT_TRUE(log->OpenGroup("g", "shop", "", policy, At(kFrom)).ok());
  const Lookup nobody = {[](std::string_view, Time) { return std::optional<std::string>(); },
                         [](std::string_view, Time) { return true; }};
  log->Tick(At(kFrom + 3), nobody);
  EXPECT_THAT(registry.Write(), testing::HasSubstr("kizashi_oncall_steps_late_total 2"));
  EXPECT_THAT(registry.Write(), testing::HasSubstr("kizashi_oncall_steps_unreached_total 2"));
}

/// A log that ends at any byte gives a state from which the same people are told the same steps.
TEST_F(EscalationLogTest, ALogThatEndsAnywhereLosesAndDoublesNoStep) {
  constexpr int kMinutes = 20;
  std::map<size_t, int> minute_at;  // how long the file was behind each minute
  std::map<std::string, std::string> told;
  const auto file = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with("log-")) return entry.path();
    }
    return std::filesystem::path();
  };
  const auto run = [&](int from, std::map<std::string, std::string>* out) {
    Registry registry;
    const auto log =
        EscalationLog::Open({folder_.string(), "x", 1 << 30, Duration(5'000)}, &registry);
    ASSERT_TRUE(log.ok());
    for (int minute = from; minute < kMinutes; ++minute) {
      if (minute == 0) {
        ASSERT_TRUE((*log)->OpenGroup("g", "shop", "critical", Policy(), At(kFrom)).ok());
      }
      (*log)->Tick(At(kFrom + minute), kNobodyAway);
      for (const PageView& page : (*log)->Pages()) {
        (*out)[page.key] = page.to.name;
        (*log)->HandedOver(page.page);
      }
      if (out == &told) minute_at.try_emplace(std::filesystem::file_size(file()), minute);
    }
  };
  run(0, &told);
  ASSERT_EQ(told.size(), 12u);
  std::ifstream in(file(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::mt19937 random(1);
  for (size_t size = 30; size < whole.size(); size += 1 + random() % 31) {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    // The minute in which the log stopped is played once more.
    auto at = minute_at.lower_bound(size);
    const int minute = at == minute_at.end() ? kMinutes - 1 : at->second;
    std::map<std::string, std::string> again;
    run(minute, &again);
    for (const auto& [key, name] : again) ASSERT_EQ(told[key], name) << size;
    Registry registry;
    const auto log = Open(&registry);
    const auto one = log->Find("g");
    ASSERT_TRUE(one.has_value());
    size_t steps = 0;
    for (const DoneStep& step : one->done) steps += step.tells.size();
    ASSERT_EQ(steps, told.size()) << size;
  }
}

// What the child says, a line each, in one write.
void Say(int pipe, const std::string& line) {
  const std::string text = line + "\n";
  if (write(pipe, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(3);
}

using Happenings = std::multimap<naive::Minute, std::pair<int, naive::Happening::Kind>>;

/// The server: every minute opens or answers what is planned, ticks, tells.
[[noreturn]] void Serve(const std::filesystem::path& folder, int pipe, naive::Minute from,
                        const Happenings& plan) {
  Registry registry;
  auto log = EscalationLog::Open({folder.string(), "x", 4'096, Duration(5'000)}, &registry);
  if (!log.ok()) _exit(2);
  for (naive::Minute minute = from;; ++minute) {
    const auto [first, last] = plan.equal_range(minute);
    for (auto one = first; one != last; ++one) {
      const std::string group = fmt::format("g{}", one->second.first);
      Status done;
      if (one->second.second == naive::Happening::Kind::kOpen) {
        done = (*log)->OpenGroup(group, "shop", "critical", Policy(), At(minute));
      } else if (one->second.second == naive::Happening::Kind::kAcknowledge) {
        done = (*log)->Acknowledge(group, "ann", At(minute));
      } else {
        // Not twice after a kill in the same minute.
        const auto state = (*log)->Find(group);
        const bool is_done = state && !state->done.empty() && state->done.back().at == At(minute);
        const bool hurries = state && state->hurried == At(minute);
        if (!is_done && !hurries) done = (*log)->Escalate(group, "ann", At(minute));
      }
      if (!done.ok()) _exit(4);
    }
    (*log)->Tick(At(minute), kNobodyAway);
    for (const PageView& page : (*log)->Pages()) {
      Say(pipe, fmt::format("{} {} {}", minute, page.key + "/" + page.group, page.to.name));
      (*log)->HandedOver(page.page);
    }
    if (registry.Write().find("steps_missed_total 0") == std::string::npos) _exit(5);
    Say(pipe, fmt::format("{} done", minute));
    usleep(500);
  }
}

using Stories = std::map<int, std::vector<naive::Happening>>;

/// Each group opens, may be acknowledged, may be escalated afterwards; each in a minute of its own.
Stories RandomStories(int groups, std::mt19937* random) {
  using Kind = naive::Happening::Kind;
  Stories stories;
  for (int group = 0; group < groups; ++group) {
    auto& story = stories[group];
    story.push_back({kFrom + static_cast<int>((*random)() % 20) + 5 * group / 4, Kind::kOpen});
    if ((*random)() % 2 == 0) continue;
    story.push_back({story.back().at + 1 + static_cast<int>((*random)() % 9), Kind::kAcknowledge});
    if ((*random)() % 2 == 0) continue;
    story.push_back({story.back().at + 1 + static_cast<int>((*random)() % 9), Kind::kEscalate});
  }
  return stories;
}

/// What receivers heard.
struct Heard {
  naive::Minute done = kFrom - 1;  // the last minute that was played to its end
  std::map<std::string, std::pair<naive::Minute, std::string>> told;  // by key
  int extra_of_a_kill = 0;

  void Read(const std::string& text) {
    std::istringstream lines(text);
    int extra = 0;
    naive::Minute minute = 0;
    for (std::string key, name; lines >> minute >> key;) {
      if (key == "done") {
        done = minute;
        continue;
      }
      lines >> name;
      const auto [at, is_new] = told.try_emplace(key, minute, name);
      if (!is_new) ++extra;
      EXPECT_EQ(at->second.second, name) << key;
    }
    extra_of_a_kill = std::max(extra_of_a_kill, extra);
  }
};

/// Runs a server on `folder` and kills it after a while; what it said.
void ServeAndKill(const std::filesystem::path& folder, useconds_t after, naive::Minute from,
                  const Happenings& plan, std::string* said) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) Serve(folder, ends[1], from, plan);
  close(ends[1]);
  // Not before it has done anything, so that time goes on.
  char buffer[4'096];
  ssize_t size = read(ends[0], buffer, sizeof(buffer));
  if (size > 0) said->append(buffer, static_cast<size_t>(size));
  usleep(after);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  while ((size = read(ends[0], buffer, sizeof(buffer))) > 0) {
    said->append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the server ended by itself: " << WEXITSTATUS(status);
}

/// The pages of everything up to the last minute against the naive model; how many they are.
int64_t Compare(const Stories& stories, const Heard& heard) {
  std::map<int, std::vector<naive::Told>> by_group;
  for (const auto& [key, one] : heard.told) {
    if (one.first > heard.done) continue;
    by_group[std::atoi(key.substr(key.rfind('g') + 1).c_str())].push_back(
        {one.first, {Target::Kind::kPerson, one.second}});
  }
  int64_t compared = 0;
  for (const auto& [group, story] : stories) {
    if (story[0].at > heard.done) continue;
    std::vector<naive::Told> expected = naive::EscalationModel::Run(
        Policy(), "critical", story, {}, heard.done + 1,
        [](const std::string&, naive::Minute at) {
          return std::string(at % 20 < 10 ? "ann" : "bob");
        },
        [](const std::string&, naive::Minute) { return false; }, [](naive::Minute) { return 0; });
    std::vector<naive::Told>& told = by_group[group];
    std::sort(expected.begin(), expected.end());
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, expected) << "group " << group;
    compared += static_cast<int64_t>(expected.size());
  }
  return compared;
}

TEST_F(EscalationLogTest, Kill9LosesAndDoublesNoStep) {
  const char* wanted = std::getenv("KIZASHI_KILLS");
  const int kills = wanted == nullptr ? 40 : std::atoi(wanted);
  std::mt19937 random(7);
  const Stories stories = RandomStories(40 * kills, &random);
  Happenings plan;
  for (const auto& [group, story] : stories) {
    for (const naive::Happening& one : story) plan.emplace(one.at, std::pair(group, one.kind));
  }
  Heard heard;
  for (int i = 0; i < kills; ++i) {
    std::string said;
    ServeAndKill(folder_, static_cast<useconds_t>(random() % 60'000), heard.done + 1, plan, &said);
    if (HasFatalFailure()) return;
    heard.Read(said);
  }
  const int64_t compared = Compare(stories, heard);
  EXPECT_GT(compared, kills);
  EXPECT_LE(heard.extra_of_a_kill, 1) << "a kill repeats one page at most";
  fmt::print("{} kills: {} pages compared, at most {} extra a kill\n", kills, compared,
             heard.extra_of_a_kill);
}

}  // namespace
}  // namespace kizashi::oncall
