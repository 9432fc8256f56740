#include "act/oncall/plan_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/oncall/oncall_test_support.h"
#include "act/oncall/policies.h"

namespace kizashi::oncall {
namespace {

using testing::HasSubstr;

constexpr const char* kMore =
    "service: {name: cart, owner: dev, developers: [ann, bob]}\n---\n"
    "service: {name: desk, owner: sre}\n---\n"
    "person: {name: ann, title: Ann, phone: 'sip:ann@h'}\n---\nperson: {name: bob}\n---\nperson: "
    "{name: cy}\n---\n"
    "person: {name: sam}\n---\nperson: {name: sue}\n---\n"
    "schedule: {name: p, team: sre, time_zone: UTC, layers: [{rotation: daily, start: 2026-03-01,\n"
    "  people: [sue]}], swaps: [{give: sue, take: sam, from: 2026-03-02, to: 2026-03-02}]}\n---\n"
    "leave: {person: ann, from: 2026-03-02, to: 2026-03-02}\n";

const Time kAt = At("2026-03-02T12:00:00Z");

std::string Policies(const Read& read, std::string_view sre_team) {
  JsonWriter json;
  const OnCall oncall(read.plan.plan, {});
  const Catalog& catalog = *read.catalog.catalog;
  const auto policy_of = [&](std::string_view service) {
    return PolicyFor(service, catalog, oncall.schedules(), oncall.policies(), sre_team);
  };
  WritePolicies(oncall, catalog, policy_of, kAt, &json);
  return json.Take();
}

size_t Steps(const std::string& json) {
  size_t steps = 0;
  for (size_t at = json.find("wait_ms"); at != json.npos; at = json.find("wait_ms", at + 1)) {
    ++steps;
  }
  return steps;
}

TEST(PlanViews, ServicesWithTheSameStepsShareADefault) {
  const Read read = ReadText(kMore);
  ASSERT_TRUE(read.errors.empty()) << testing::PrintToString(read.errors);
  const std::string json = Policies(read, "sre");
  EXPECT_THAT(json, HasSubstr(R"({"name":"default","team":"dev","is_default":true,)"
                              R"("services":["cart","shop"],"steps":[{"targets":[)"
                              R"({"kind":"person","name":"ann","person":null},)"
                              R"({"kind":"person","name":"bob","person":"bob"},)"
                              R"({"kind":"channel","name":"dev","person":null}],)"
                              R"("wait_ms":600000,"only":[],"time_zone":"UTC","severities":[]},)"
                              R"({"targets":[{"kind":"schedule","name":"p","person":"sam"},)"));
  EXPECT_THAT(json, HasSubstr(R"("team":"sre","is_default":true,"services":["desk"],"steps":[)"
                              R"({"targets":[{"kind":"schedule","name":"p","person":"sam"},)"));
  EXPECT_EQ(Steps(json), 3U);
  EXPECT_EQ(Steps(Policies(read, "none")), 2U) << "there is no second team";
}

TEST(PlanViews, PeopleAndWhatFilesChangeForThem) {
  const Read read = ReadText(kMore);
  const OnCall oncall(read.plan.plan, {});
  JsonWriter people;
  WritePeople(oncall, *read.catalog.catalog, kAt, &people);
  const std::string json = people.Take();
  EXPECT_THAT(json, HasSubstr(R"({"name":"ann","title":"Ann","teams":["dev"],)"
                              R"("on_call_of":[],"away":true,"has_phone":true})"));
  EXPECT_THAT(json, HasSubstr(R"({"name":"sam","title":"sam","teams":["sre"],)"
                              R"("on_call_of":["p"],"away":false,"has_phone":false})"));
  JsonWriter changes;
  WriteFileChanges(oncall, kAt, &changes);
  EXPECT_EQ(changes.Take(), R"([{"kind":"swap","schedule":"p","person":"sue","taker":"sam",)"
                            R"("begin":1772409600000,"end":1772496000000},)"
                            R"({"kind":"leave","schedule":"","person":"ann","taker":"",)"
                            R"("begin":1772409600000,"end":1772496000000}])");
  JsonWriter over;
  WriteFileChanges(oncall, At("2026-03-03T00:00:00Z"), &over);
  EXPECT_EQ(over.Take(), "[]");
}

}  // namespace
}  // namespace kizashi::oncall
