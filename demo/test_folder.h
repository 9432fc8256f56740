// What the tests of the demo share: a folder that is gone afterwards, and ports.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "demo/files.h"

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

/// Five servers, the balancer and the load, on ports that follow each other.
inline DemoPorts Ports(uint16_t first) {
  DemoPorts ports;
  for (const char* name : {"a", "b", "c", "d", "e"}) ports.servers.emplace_back(name, first++);
  ports.balancer = first++;
  ports.load = first;
  return ports;
}

}  // namespace kizashi
