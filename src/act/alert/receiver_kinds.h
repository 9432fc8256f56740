// All kinds of receivers that there are, with what they need to send: the one place that knows
// them.
//
// Owned by main. The client and the clock outlive it; it outlives what it made.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"
#include "base/clock.h"
#include "net/handler_pool.h"

namespace kizashi::alerts {

class Receivers {
 public:
  static const std::vector<std::string>& kinds();

  Receivers(HttpClient& client, const Clock& clock) : client_(client), clock_(clock) {}
  /// Waits for e-mails that are being sent.
  ~Receivers() { Stop(); }
  void Stop();

  using MakePhone = std::function<StatusOr<std::shared_ptr<Receiver>>(const ReceiverConfig& of,
                                                                      const Integration& to)>;
  /// What rings for `phone_configs`; without it a configuration that has some is refused. What it
  /// gives outlives this.
  void SetPhone(MakePhone make) { make_phone_ = std::move(make); }
  /// Of what is made from here on.
  void SetOptions(ReceiverOptions options) { options_ = std::move(options); }
  /// For AlertServiceOptions::receivers.
  ReceiverKinds Kinds();

 private:
  StatusOr<std::shared_ptr<Receiver>> Make(const AlertConfig& config, const ReceiverConfig& of,
                                           const Integration& to);

  HttpClient& client_;
  const Clock& clock_;
  ReceiverOptions options_;
  MakePhone make_phone_;
  std::unique_ptr<HandlerPool> mailers_;  // made with the first e-mail receiver
};

}  // namespace kizashi::alerts
