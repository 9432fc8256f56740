// What the tests of on-call share: a plan from a text, times, and who is on call.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "act/oncall/oncall.h"
#include "act/oncall/reader.h"
#include "catalog/load.h"

namespace kizashi::oncall {

inline Time At(const std::string& text) {
  const auto time = ParseTime(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.value_or(Time{});
}

inline constexpr const char* kTestCatalog =
    "team: {name: dev, time_zone: Asia/Tokyo, members: [ann, bob, cy], language: ja,\n"
    "  notify: [{webhook: 'http://127.0.0.1:1/dev'}]}\n---\n"
    "team: {name: sre, members: [sam, sue], notify: [{webhook: 'http://127.0.0.1:1/sre'}]}\n---\n"
    "service: {name: shop, owner: dev, developers: [ann, bob]}\n---\n";

struct Read {
  CatalogLoad catalog;
  PlanLoad plan;
  std::vector<std::string> errors;
};

inline Read ReadText(const std::string& text) {
  const std::vector<CatalogSource> sources = {{"base.yaml", kTestCatalog}, {"a.yaml", text}};
  Read read;
  read.catalog = LoadCatalog(sources);
  for (const CatalogError& error : read.catalog.errors) read.errors.push_back(error.ToString());
  if (read.catalog.catalog == nullptr) return read;
  read.plan = ReadPlan(sources, *read.catalog.catalog);
  for (const CatalogError& error : read.plan.errors) read.errors.push_back(error.ToString());
  return read;
}

inline OnCall OnCallOf(const std::string& text, const std::vector<Edit>& edits = {}) {
  Read read = ReadText(text);
  EXPECT_TRUE(read.errors.empty()) << testing::PrintToString(read.errors);
  return OnCall(std::move(read.plan.plan), edits);
}

inline std::string Who(const OnCall& oncall, const std::string& schedule, const std::string& at) {
  const auto duty = oncall.At(schedule, At(at));
  return duty ? duty->person : "";
}

}  // namespace kizashi::oncall
