// The command `kizashi detect`: unusual rows of a table of samples, each decided before the next
// is read. One thread; memory is that of the detectors. Exit codes: 0 nothing found, 1 an alert was
// found, 2 the table is wrong, 3 it cannot be read or the result not be written.
#pragma once

#include <cstdio>
#include <string>

namespace kizashi {

struct DetectArguments {
  std::string file;            // "-": standard input
  std::string format = "csv";  // or "json": one object a line
  std::string zone = "UTC";    // a name of the time zone database, for the day and the week
};
int DetectCommand(const DetectArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace kizashi
