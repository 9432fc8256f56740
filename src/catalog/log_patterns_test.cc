#include "catalog/log_patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load_test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string Service(const std::string& list) {
  return "service:\n  name: shop\n  log_patterns:\n" + list;
}

TEST(LogPatterns, AreReadInTheirOrder) {
  const CatalogLoad load =
      LoadCatalog({{"a.yaml", Service("    - {name: Order placed, pattern: \"order  <*> placed\"}\n"
                                      "    - {pattern: \"order <*> paid by <*>\"}\n")}});
  ASSERT_NE(load.catalog, nullptr) << load.errors[0].ToString();
  const auto& templates = load.catalog->FindService("shop")->log_patterns->all();
  ASSERT_EQ(templates.size(), 2u);
  EXPECT_EQ(templates[0].text, "order <*> placed");
  EXPECT_EQ(templates[0].name, "Order placed");
  EXPECT_EQ(templates[1].name, "");
}

TEST(LogPatterns, ChangeTheCatalogsVersion) {
  const auto version = [](const std::string& list) {
    return LoadCatalog({{"a.yaml", Service(list)}}).catalog->version();
  };
  EXPECT_EQ(version("    - {pattern: a}\n"), version("    - {pattern: ' a '}\n"));
  EXPECT_NE(version("    - {pattern: a}\n"), version("    - {pattern: a, name: b}\n"));
  EXPECT_NE(version("    - {pattern: a}\n"), version("    []\n"));
}

TEST(LogPatterns, ErrorsHaveTheirPlace) {
  EXPECT_EQ(Error(Service("    - {pattern: '  '}\n")),
            "a.yaml:4:17: log_patterns[0].pattern: found an empty pattern, expected a line's text "
            "with <*> for what varies");
  EXPECT_EQ(Error(Service("    - {name: x}\n")),
            "a.yaml:4:7: log_patterns[0].pattern: found nothing, expected a line's text with <*> "
            "for what varies");
  EXPECT_THAT(
      Error(Service("    - {pattern: '<*>'}\n")),
      HasSubstr("a.yaml:4:17: log_patterns[0].pattern: found a pattern of parameters alone"));
  EXPECT_THAT(Error(Service("    - {pattern: 'a <*><*>'}\n")),
              HasSubstr("found two parameters without text between them"));
  EXPECT_THAT(Error(Service("    - {pattern: \"a\\u007f\"}\n")), HasSubstr("control character"));
  EXPECT_EQ(
      Error(Service("    - {pattern: a <*>}\n    - {pattern: 'a  <*>'}\n")),
      "a.yaml:5:17: log_patterns[1].pattern: found the pattern of line 4 again, expected each "
      "pattern once");
  EXPECT_THAT(
      Errors(Service("    - {patern: a}\n")),
      UnorderedElementsAre(HasSubstr("a.yaml:4:8: log_patterns[0].patern: found the field"),
                           HasSubstr("a.yaml:4:7: log_patterns[0].pattern: found nothing")));
  EXPECT_THAT(Error(Service("    - a <*>\n")),
              HasSubstr("a.yaml:4:7: log_patterns[0]: found 'a <*>'"));
  EXPECT_THAT(Error(Service("    a: b\n")), HasSubstr("log_patterns: found a mapping"));
  EXPECT_EQ(Error(Service("    - {pattern: a, name: " + std::string(129, 'n') + "}\n")),
            "a.yaml:4:26: log_patterns[0].name: found 129 bytes, expected at most 128 bytes");
  EXPECT_EQ(Error(Service("    - {pattern: " + std::string(4097, 'p') + "}\n")),
            "a.yaml:4:17: log_patterns[0].pattern: found 4097 bytes, expected a line's text with "
            "<*> for what varies, at most 4096 bytes");
}

TEST(LogPatterns, AreTwoHundredAtMost) {
  std::string list;
  for (int i = 0; i < 200; ++i) list += fmt::format("    - {{pattern: a{}}}\n", i);
  EXPECT_THAT(Errors(Service(list)), ElementsAre());
  EXPECT_EQ(Error(Service(list + "    - {pattern: b}\n    - {pattern: c}\n")),
            "a.yaml:204:7: log_patterns[200]: found one more pattern, expected at most 200 of a "
            "service");
}

TEST(LogPatterns, OfAFileAreReadWithoutWhatItRefersTo) {
  const std::string shop =
      "service: {name: shop, owner: nobody, log_patterns: [{pattern: a <*>}]}\n---\n";
  const std::string cart = "service: {name: cart, log_patterns: [{pattern: b <*>}]}\n";
  const auto text = [](const CatalogSource& source, const std::string& name) {
    const auto found = LoadLogPatterns(source, name);
    return found.ok() ? (*found)->all()[0].text : std::string(Message(found.status()));
  };
  EXPECT_EQ(text({"a.yaml", shop}, ""), "a <*>");
  EXPECT_EQ(text({"a.yaml", shop + cart}, "cart"), "b <*>");
  EXPECT_EQ(text({"a.yaml", shop + cart}, ""),
            "a.yaml: several services have log_patterns; --service NAME says whose");
  EXPECT_EQ(text({"a.yaml", shop}, "cart"), "a.yaml: no log_patterns of service 'cart' are in it");
  EXPECT_THAT(text({"a.yaml", "service: {log_patterns: [{pattern: ''}]}"}, ""),
              HasSubstr("a.yaml:1:"));
  EXPECT_THAT(text({"a.yaml", "service: ["}, ""), HasSubstr("a.yaml:"));
}

}  // namespace
}  // namespace kizashi
