// Which servers a load balancer may use, and whose turn it is.
//
// Any thread may call.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kizashi {

class Backends {
 public:
  struct Backend {
    std::string name;
    std::string address;  // "127.0.0.1:1234"
    bool healthy = false;
    int failures = 0;  // checks in a row
  };
  static constexpr int kFailuresToLeave = 2;

  explicit Backends(std::vector<Backend> backends) : backends_(std::move(backends)) {}

  /// The outcome of a health check; `refused`: nobody listens, which needs no second look. True
  /// when the server came in or went out by it.
  bool Checked(size_t backend, bool ok, bool refused);
  /// The next healthy one in turn, but not `except`.
  std::optional<size_t> Next(std::optional<size_t> except);
  int healthy_count() const;
  std::vector<Backend> List() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Backend> backends_;
  size_t turn_ = 0;
};

}  // namespace kizashi
