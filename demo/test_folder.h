// A folder of its own for a test of the demo, gone afterwards.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace kizashi {

class DemoFolder {
 public:
  DemoFolder() : path_(testing::TempDir() + "demo-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~DemoFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DemoFolder(const DemoFolder&) = delete;
  DemoFolder& operator=(const DemoFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Read(const std::string& file) const {
    std::ifstream in(path_ + "/" + file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& file, std::string_view text) const {
    std::ofstream(path_ + "/" + file) << text;
  }

 private:
  std::string path_;
};

}  // namespace kizashi
