// The page's files, built from web/ and carried in the binary, gzip form only.
//
// Any path that is not a file and not an API is a view of the page: index.html answers it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace kizashi {

class Page {
 public:
  Page();

  /// The file at `path`, or the page itself for the paths of its views; nothing when there is
  /// neither. `accepts_gzip`: whether the client takes the stored form as it is.
  std::optional<HttpResponse> Get(std::string_view path, bool accepts_gzip) const;
  size_t file_count() const { return files_.size(); }

 private:
  struct File {
    std::string_view gzip;
    std::string content_type;
    bool immutable = false;  // its name has a hash
  };
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace kizashi
