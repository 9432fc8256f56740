// The standing example: a load balancer in front of five servers, a load, and Kizashi watching.
//
// Every part is a process of its own on loopback, started by RunDemo from the one binary. These are
// the entry points of the command line; each runs until SIGTERM and returns an exit code.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace kizashi {

struct DemoServerOptions {
  std::string name;  // "a" to "e"
  uint16_t port = 0;
  std::string log_file;
};
int RunDemoServer(const DemoServerOptions& options);

struct DemoBalancerOptions {
  uint16_t port = 0;
  std::vector<std::string> backends;  // "a=127.0.0.1:1234"
  int min_healthy = 3;
  std::string log_file;
};
int RunDemoBalancer(const DemoBalancerOptions& options);

struct DemoLoadOptions {
  uint16_t port = 0;
  std::string target;  // "http://127.0.0.1:1234"
  double rate = 60;    // requests per second
  uint64_t seed = 1;
};
int RunDemoLoad(const DemoLoadOptions& options);

struct DemoOptions {
  std::string directory = "kizashi-demo";
  std::string listen = "127.0.0.1:7600";
  std::vector<std::string> serve_args;  // passed on to `serve`
};
/// The supervisor of all of them.
int RunDemo(const DemoOptions& options);

/// Talk to a running supervisor, found by `control` (its URL) or in `directory`. Exit code 0, 2 for
/// a fault that is not known, 3 when it does not answer.
struct DemoControl {
  std::string directory = "kizashi-demo";
  std::string control;
};
int DemoStatusCommand(const DemoControl& control, std::FILE* out);
int DemoFaultCommand(const DemoControl& control, const std::string& fault,
                     const std::string& server, const std::string& duration, std::FILE* out);
int DemoRestoreCommand(const DemoControl& control, std::FILE* out);

}  // namespace kizashi
