// From whom alerts of other programs are taken: what proves who sends, and for sources of one's own
// where their payloads have what.
//
// Read from a file (`kizashi serve --alert-sources`), a mapping from a source's name to:
//   secret_file   secrets, one a line; relative to the file
//   header        the header that holds a secret; else Authorization does, as Bearer or Basic
//   hmac          the header that holds the HMAC-SHA256 of the body in hexadecimal
//   topics        of cloudwatch: ARNs of SNS topics whose signed messages are taken
//   urgent        never: all of them are anomalies
//   map           of a source of one's own: AlertMapping (wire/foreign_alerts.h)
// Values; reading is total, and errors and logs never show a secret. Any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "wire/foreign_alerts.h"

namespace kizashi {

struct ForeignSource {
  std::string name;
  AlertSource kind = AlertSource::kGeneric;
  std::optional<AlertMapping> mapping;  // of a source of one's own
  std::string secret_file;              // "": a token is asked for, as for every other path
  std::vector<std::string> secrets;     // what is in it
  std::string header;                   // that has a secret; "": Authorization
  std::string hmac_header;              // that has a signature; "": none is asked for
  std::vector<std::string> topics;      // of SNS; not empty: messages must be signed and of these
  bool never_urgent = false;

  bool has_proof() const { return !secret_file.empty() || !topics.empty(); }
};

/// By name; the five of AlertSource are always there.
using ForeignSources = std::map<std::string, ForeignSource, std::less<>>;

inline constexpr size_t kForeignSourcesMax = 200;
inline constexpr size_t kForeignSecretCharsMin = 16;

struct ForeignSourcesResult {
  std::shared_ptr<const ForeignSources> sources;  // nullptr when there are errors
  std::vector<std::string> errors;                // all of them, "file:line:column: what"
};

/// Secrets are not read yet: nobody who is asked for one is let in.
ForeignSourcesResult ReadForeignSources(std::string_view text, const std::string& file);
/// `file` may be "": the five without secrets. `sentry_secret_file`, which may be "", is sentry's.
ForeignSourcesResult LoadForeignSources(const std::string& file,
                                        const std::string& sentry_secret_file);

/// Whether the request holds a secret of the source, or is signed with one; true when it has none.
/// Comparing takes the same time for all texts of one length.
bool HoldsSecret(const ForeignSource& source, const HttpRequest& request);
/// The refusal of one that does not: 401, and what was expected.
HttpResponse SecretRefusal(const ForeignSource& source);

}  // namespace kizashi
