#include "catalog/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/test_folder.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Files(const std::string& directory) {
  const auto sources = ReadCatalogDirectory(directory);
  EXPECT_TRUE(sources.ok()) << sources.status();
  std::vector<std::string> names;
  if (sources.ok()) {
    for (const CatalogSource& source : *sources) names.push_back(source.file);
  }
  return names;
}

TEST(DirectoryTest, YamlFilesInOrderOfPath) {
  const TestFolder folder;
  folder.Write("z.yaml", "z");
  folder.Write("a/b/c.yml", "c");
  folder.Write("a.yaml", "a");
  folder.Write("a/.hidden.yaml", "");
  folder.Write(".git/x.yaml", "");
  folder.Write("readme.md", "");
  fs::create_directories(folder.path() / "folder.yaml");
  EXPECT_THAT(Files(folder.name()), ElementsAre("a.yaml", "a/b/c.yml", "z.yaml"));
  EXPECT_EQ((*ReadCatalogDirectory(folder.name()))[1].text, "c");
}

TEST(DirectoryTest, AbsentOnesAreNotFound) {
  const TestFolder folder;
  EXPECT_TRUE(absl::IsNotFound(ReadCatalogDirectory(folder.name() + "/none").status()));
  folder.Write("file.yaml", "");
  EXPECT_TRUE(absl::IsNotFound(ReadCatalogDirectory(folder.name() + "/file.yaml").status()));
}

TEST(DirectoryTest, LinksInsideAreFollowedOnceAndLoopsEnd) {
  const TestFolder folder;
  folder.Write("..2026/shop.yaml", "s");  // as Kubernetes mounts a ConfigMap
  fs::create_directory_symlink("..2026", folder.path() / "..data");
  fs::create_symlink("..data/shop.yaml", folder.path() / "shop.yaml");
  folder.Write("a/x.yaml", "x");
  fs::create_directory_symlink("..", folder.path() / "a/up");
  fs::create_directory_symlink("a", folder.path() / "b");
  EXPECT_THAT(Files(folder.name()), ElementsAre("a/x.yaml", "shop.yaml"));
}

TEST(DirectoryTest, LinksOutAndLinksToNothingAreErrors) {
  const TestFolder folder;
  const TestFolder other;
  other.Write("secret.yaml", "s");
  fs::create_symlink(other.path() / "secret.yaml", folder.path() / "x.yaml");
  EXPECT_THAT(std::string(Message(ReadCatalogDirectory(folder.name()).status())),
              HasSubstr("x.yaml is a link out of the catalog's directory"));
  folder.Remove("x.yaml");
  fs::create_symlink("nothing", folder.path() / "x.yaml");
  EXPECT_TRUE(absl::IsUnavailable(ReadCatalogDirectory(folder.name()).status()));
}

TEST(DirectoryTest, FilesThatLocationsNameAreReadToo) {
  const auto location = [](const std::string& target) {
    return "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: l}\nspec: "
           "{target: " +
           target + "}\n";
  };
  const TestFolder folder;
  folder.Write("all.yaml", location(".more/list"));
  folder.Write(".more/list", location("../deep/info.txt"));
  folder.Write("deep/info.txt", location("none.txt"));
  const auto read = ReadDirectory(folder.name());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(Files(folder.name()), ElementsAre(".more/list", "all.yaml", "deep/info.txt"));
  EXPECT_THAT(read->extra, ElementsAre(".more/list", "deep/info.txt", "deep/none.txt"));
  const TestFolder other;
  fs::create_symlink(other.path(), folder.path() / "out");
  other.Write("x.txt", "");
  folder.Write("all.yaml", location("out/x.txt"));
  EXPECT_FALSE(ReadCatalogDirectory(folder.name()).ok());
}

TEST(DirectoryTest, LimitsAreKept) {
  const TestFolder folder;
  folder.Write("a.yaml", std::string(kYamlBytesMax, '#'));
  EXPECT_TRUE(ReadCatalogDirectory(folder.name()).ok());
  folder.Write("a.yaml", std::string(kYamlBytesMax + 1, '#'));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadCatalogDirectory(folder.name()).status()));
  folder.Remove("a.yaml");
  for (size_t i = 0; i < kCatalogFilesMax; ++i) {
    std::ofstream(folder.path() / fmt::format("{}.yaml", i)) << "";
  }
  EXPECT_EQ(Files(folder.name()).size(), kCatalogFilesMax);
  std::ofstream(folder.path() / "more.yaml") << "";
  EXPECT_TRUE(absl::IsResourceExhausted(ReadCatalogDirectory(folder.name()).status()));
}

TEST(DirectoryTest, TheStampTellsChanges) {
  const TestFolder folder;
  folder.Write("a.yaml", "1");
  const std::vector<std::string> extra = {".x"};
  uint64_t last = DirectoryStamp(folder.name(), extra);
  EXPECT_EQ(DirectoryStamp(folder.name(), extra), last);
  const auto changed = [&] {
    const uint64_t before = std::exchange(last, DirectoryStamp(folder.name(), extra));
    return before != last;
  };
  folder.Write("a.yaml", "2");
  EXPECT_TRUE(changed()) << "same size, another inode";
  folder.Write("b.yaml", "");
  EXPECT_TRUE(changed());
  folder.Write("notes.txt", "");
  EXPECT_FALSE(changed());
  folder.Write(".x", "");
  EXPECT_TRUE(changed()) << "what a Location names";
  folder.Remove("b.yaml");
  EXPECT_TRUE(changed());
  fs::remove_all(folder.path());
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
}

}  // namespace
}  // namespace kizashi
