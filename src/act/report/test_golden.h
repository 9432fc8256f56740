// For tests: reports that are kept as files.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace kizashi {

/// Compares with the file; KIZASHI_UPDATE_GOLDEN=1 writes it anew.
inline void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = "src/act/report/testdata/" + name;
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << ": run from the root of the tree";
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << path;
}

}  // namespace kizashi
