#include "demo_commands.h"

#include <memory>

#include "demo/demo.h"

namespace kizashi {
namespace {

void AddControl(Command command, const std::shared_ptr<DemoControl>& control) {
  command.Option("--dir", &control->directory, "The demo's directory");
  command.Option("--control", &control->control, "The supervisor's address instead");
}

// The processes that the supervisor starts.
void AddProcesses(Command root) {
  Command server = root.AddHidden("demo-server");
  auto server_options = std::make_shared<DemoServerOptions>();
  server.Option("--name", &server_options->name, "a to e", {.required = true});
  server.Port("--port", &server_options->port);
  server.Option("--log", &server_options->log_file, "Where its lines go");
  server.Action([=] { return RunDemoServer(*server_options); });

  Command balancer = root.AddHidden("demo-balancer");
  auto balancer_options = std::make_shared<DemoBalancerOptions>();
  balancer.Port("--port", &balancer_options->port);
  balancer.Option("--backend", &balancer_options->backends, "NAME=HOST:PORT", {.required = true});
  balancer.Option("--log", &balancer_options->log_file, "Where its lines go");
  balancer.Action([=] { return RunDemoBalancer(*balancer_options); });

  Command load = root.AddHidden("demo-load");
  auto load_options = std::make_shared<DemoLoadOptions>();
  load.Port("--port", &load_options->port);
  load.Option("--target", &load_options->target, "HOST:PORT", {.required = true});
  load.Action([=] { return RunDemoLoad(*load_options); });
}

}  // namespace

void AddDemoCommands(Command root, std::vector<std::string> serve_args) {
  Command demo =
      root.Add("demo", "Run the five-server shop with Kizashi watching it; break it and mend it");
  auto options = std::make_shared<DemoOptions>();
  options->serve_args = std::move(serve_args);
  demo.Option("--dir", &options->directory, "Where the demo keeps its files");
  demo.Option("--listen", &options->listen, "Address of the page");
  demo.Footer("Options after -- go to `kizashi serve`.");
  demo.Action([=] { return RunDemo(*options); });

  auto control = std::make_shared<DemoControl>();
  Command status = demo.Add("status", "Which servers are alive, which faults run");
  AddControl(status, control);
  status.Action([=] { return DemoStatusCommand(*control, stdout); });

  Command restore = demo.Add("restore", "End every fault");
  AddControl(restore, control);
  restore.Action([=] { return DemoRestoreCommand(*control, stdout); });

  Command fault = demo.Add("fault", "Break something for a while");
  struct FaultOptions {
    std::string name, server, duration = "60s";
  };
  auto fault_options = std::make_shared<FaultOptions>();
  fault.Option("name", &fault_options->name,
               "down, slow, errors, cpu, new_line, log_flood or traffic", {.required = true});
  fault.Option("--server", &fault_options->server, "a to e; not for traffic");
  fault.Option("--for", &fault_options->duration, "How long");
  AddControl(fault, control);
  fault.Action([=] {
    return DemoFaultCommand(*control, fault_options->name, fault_options->server,
                            fault_options->duration, stdout);
  });
  AddProcesses(root);
}

}  // namespace kizashi
