// For tests: does a text have a part? Says both when it does not.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace kizashi {

inline testing::AssertionResult Has(std::string_view text, std::string_view part) {
  if (text.find(part) == std::string_view::npos) {
    return testing::AssertionFailure() << "no \"" << part << "\" in: " << text;
  }
  return testing::AssertionSuccess() << "\"" << part << "\" is in: " << text;
}

}  // namespace kizashi
