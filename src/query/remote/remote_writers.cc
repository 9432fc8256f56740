#include "query/remote/remote_writers.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "ingest/prometheus_config.h"

namespace kizashi {

RemoteWriters::RemoteWriters(std::string config_file, RemoteSender::Parts parts)
    : parts_(std::move(parts)), file_(std::move(config_file)) {}

RemoteWriters::~RemoteWriters() { Stop(); }

void RemoteWriters::Start() {
  Poll();
  thread_ = std::thread([this] { Run(); });
}

void RemoteWriters::Push(const TelemetryStore::Entries& entries) {
  const std::lock_guard lock(mutex_);
  for (const auto& sender : senders_) sender->Push(entries);
}

void RemoteWriters::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  Apply({});
}

void RemoteWriters::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kPollEvery, [this] { return stopping_; })) return;
    }
    Poll();
  }
}

// What is wrong with the file is told by who scrapes its targets.
void RemoteWriters::Poll() {
  const std::optional<StatusOr<std::string>> text = file_.Poll();
  if (!text || !text->ok()) return;
  const PrometheusConfig config = ParsePrometheusConfig(file_.path(), **text);
  if (config.errors.empty()) Apply(config.remotes);
}

void RemoteWriters::Apply(const std::vector<RemoteWriteConfigPtr>& configs) {
  std::vector<std::unique_ptr<RemoteSender>> gone;
  std::vector<RemoteWriteConfigPtr> wanted = configs;
  {
    const std::lock_guard lock(mutex_);
    for (std::unique_ptr<RemoteSender>& sender : senders_) {
      const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const auto& config) {
        return config->fingerprint == sender->config().fingerprint;
      });
      if (same == wanted.end()) {
        gone.push_back(std::move(sender));
      } else {
        wanted.erase(same);
      }
    }
    std::erase(senders_, nullptr);
  }
  for (const auto& sender : gone) sender->Stop();
  if (wanted.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(parts_.directory, error);
  for (RemoteWriteConfigPtr& config : wanted) {
    Log(LogLevel::kInfo, "remote write", {{"remote", config->name}});
    auto sender = std::make_unique<RemoteSender>(std::move(config), parts_);
    sender->Start();
    const std::lock_guard lock(mutex_);
    senders_.push_back(std::move(sender));
  }
}

}  // namespace kizashi
