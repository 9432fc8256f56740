// The receivers that a prometheus.yml writes on to: its remote_write sections, followed.
//
// Owned by main; any thread may Push. A change of the file is seen within kPollEvery: receivers
// that did not change go on, one that was taken out and comes back goes on where it was. Of a bad
// file the last good state stays. What is given by reference outlives this.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ingest/target_file.h"
#include "query/remote/remote_sender.h"

namespace kizashi {

class RemoteWriters {
 public:
  static constexpr Duration kPollEvery = std::chrono::seconds(2);

  /// `parts.directory` is made when there is a receiver.
  RemoteWriters(std::string config_file, RemoteSender::Parts parts);
  ~RemoteWriters();

  /// Reads the file and begins. Call before the journal's Start.
  void Start();
  /// Entries in order, from the journal's listener. Does not wait.
  void Push(const TelemetryStore::Entries& entries);
  void Stop();

 private:
  void Run();
  void Poll();
  void Apply(const std::vector<RemoteWriteConfigPtr>& configs);

  const RemoteSender::Parts parts_;
  WatchedFile file_;  // the thread's own after Start
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                               // under mutex_
  std::vector<std::unique_ptr<RemoteSender>> senders_;  // under mutex_
};

}  // namespace kizashi
