// Starts the demo's processes, keeps them running, and breaks them when asked to.
//
// One thread runs Step; the control server's handlers call the others. A lock guards the state and
// is never held over I/O to another process.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "demo/demo.h"
#include "demo/fault.h"
#include "demo/files.h"
#include "net/http.h"
#include "net/http_client.h"

namespace kizashi {

class Supervisor {
 public:
  explicit Supervisor(DemoOptions options);
  ~Supervisor();

  /// Starts everything but the control server. `control_url` is told to `serve`.
  Status Start(const std::string& control_url);
  /// Looks after the processes. The exit code of `serve` once it has ended.
  std::optional<int> Step();
  /// Ends every process: TERM, and KILL after five seconds.
  void Stop();

  /// The control API: GET /demo, POST and DELETE /demo/faults.
  void Handle(HttpRequest request, const Responder& respond);
  /// "127.0.0.1:7600" once `serve` listens.
  std::string serve_address() const;

 private:
  struct Server {
    uint16_t port = 0;
    pid_t pid = 0;
    std::optional<Time> down_until;  // by a fault
    std::optional<Time> respawn_at;  // after it died by itself
  };
  struct Running {
    FaultRequest request;
    Time until{};
  };

  Status StartServer(const std::string& name);
  Status StartServe(const std::string& control_url);
  Status WaitUntilHealthy(uint16_t port);
  void PassStderrOn();
  void Inject(const FaultRequest& request);
  void ClearAll();
  void SetRate(double factor);
  void Post(uint16_t port, const std::string& method, const std::string& path,
            const std::string& body);
  std::string StateJson() const;
  std::vector<std::string> Names() const;

  const DemoOptions options_;
  const SystemClock clock_;
  DemoPorts ports_;
  mutable std::mutex mutex_;
  std::map<std::string, Server> servers_;
  std::vector<Running> faults_;
  pid_t balancer_ = 0;
  pid_t load_ = 0;
  pid_t serve_ = 0;
  int serve_stderr_ = -1;
  std::string stderr_line_;
  std::string serve_address_;
  HttpClient client_;
};

}  // namespace kizashi
