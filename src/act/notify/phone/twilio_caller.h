// Calls people through Twilio's REST interface, or a provider that speaks the same.
//
// A call is one POST to /2010-04-01/Accounts/{account}/Calls.json with what is to be said as TwiML;
// what becomes of it comes back as signed POSTs to `callback_url`, which the provider must be able
// to reach. Metrics as of `sip_caller.h`, way="twilio", and
// kizashi_phone_callbacks_refused_total.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/notify/phone/phone.h"
#include "base/metrics.h"
#include "net/http.h"
#include "net/http_client.h"

namespace kizashi::phone {

struct TwilioOptions {
  std::string api_url = "https://api.twilio.com";
  std::string account;  // "AC..."
  std::string token;    // secret
  std::string from;     // a number of the account
  /// Where the provider reaches HandleCallback, without query, as the provider sees it.
  std::string callback_url;
  Duration request_timeout{10'000};
};

/// InvalidArgument with the field's name.
Status CheckTwilioOptions(const TwilioOptions& options);

class TwilioCaller : public PhoneCaller {
 public:
  /// POST of `callback_url`, any thread. 403 without the right signature, 404 for a call that is
  /// not under way, else 200 with TwiML.
  virtual HttpResponse HandleCallback(const HttpRequest& request) = 0;
};

using Fetch = std::function<void(FetchRequest request, HttpClient::Callback done)>;

/// What outlives the caller: `clock`, `registry`, which may be null, and what `fetch` uses. The end
/// of the caller ends its calls with kStopped.
StatusOr<std::unique_ptr<TwilioCaller>> MakeTwilioCaller(TwilioOptions options, PhoneLimits limits,
                                                         Fetch fetch, const Clock* clock,
                                                         Registry* registry);

}  // namespace kizashi::phone
