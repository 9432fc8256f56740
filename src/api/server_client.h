// What commands that ask a running server share: its address, the token, its errors as exit codes.
//
// One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_client.h"

namespace kizashi {

class ServerClient {
 public:
  static constexpr int kNotFound = 1;
  static constexpr int kUsage = 2;
  static constexpr int kCouldNot = 3;
  using Query = std::vector<std::pair<std::string, std::string>>;

  /// `command` is what the user typed behind "kizashi".
  ServerClient(std::string command, std::string server, std::string token_file)
      : command_(std::move(command)),
        server_(std::move(server)),
        token_file_(std::move(token_file)) {}

  /// Says why on standard error; returns `code`.
  int Fail(int code, std::string_view reason) const;
  /// Reads the first token of the file, if there is a file; a usage error when it has none.
  int Prepare();
  /// The answer's body at `path`, such as "/kizashi/v1/slos"; empty values of the query are left
  /// out. An exit code other than 0 after saying why there is none.
  int Get(std::string_view path, const Query& query, std::string* body);
  /// The same of sending `json` there.
  int Post(std::string_view path, std::string json, std::string* body);

 private:
  FetchRequest To(std::string_view path) const;
  int Ask(FetchRequest request, std::string* body);

  const std::string command_;
  const std::string server_;
  const std::string token_file_;
  std::string token_;
  HttpClient http_;
};

}  // namespace kizashi
