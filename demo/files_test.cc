#include "demo/files.h"

#include <gtest/gtest.h>

#include "demo/test_folder.h"

namespace kizashi {
namespace {

TEST(DemoFilesTest, ANewStartWritesItsPortsAndKeepsWhatTheUserChanged) {
  DemoFolder folder;
  ASSERT_TRUE(WriteDemoFiles(folder.path(), Ports(1000)).ok());
  const std::string mine = "service: {name: shop, title: Mine}\n";
  folder.Write("catalog/shop.yaml", mine);
  std::filesystem::remove(folder.path() + "/catalog/kizashi.yaml");
  ASSERT_TRUE(WriteDemoFiles(folder.path(), Ports(2000)).ok());
  EXPECT_EQ(folder.Read("catalog/shop.yaml"), mine);
  EXPECT_NE(folder.Read("catalog/kizashi.yaml"), "");
  EXPECT_EQ(folder.Read("targets.yaml"), DemoTargets(Ports(2000)));
  EXPECT_EQ(folder.Read("targets.yaml").find(":1000'"), std::string::npos);
}

TEST(DemoFilesTest, WhatCannotBeWrittenIsAnError) {
  DemoFolder folder;
  folder.Write("file", "");
  EXPECT_FALSE(WriteDemoFiles(folder.path() + "/file", Ports(1000)).ok());
  std::filesystem::create_directories(folder.path() + "/demo/targets.yaml.new");
  const Status status = WriteDemoFiles(folder.path() + "/demo", Ports(1000));
  EXPECT_FALSE(status.ok());
  EXPECT_NE(Message(status).find("targets.yaml"), std::string_view::npos);
}

}  // namespace
}  // namespace kizashi
