// Any bytes behind the version of a state: refused, or a state that saves to what it was read from.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "judge/judge.h"

namespace {

class NoSeries : public kizashi::SeriesDirectory {
 public:
  kizashi::Labels SeriesLabels(kizashi::SeriesId) const override { return none_; }
  const kizashi::Labels& StreamLabels(kizashi::StreamId) const override { return none_; }

 private:
  kizashi::Labels none_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  static const NoSeries kDirectory;
  static const std::string kFresh = Judge(kDirectory).Save();
  // Making a judge compiles its rules: these two are made once, Restore replaces all they hold.
  static Judge judge(kDirectory);
  static Judge again(kDirectory);
  // A fresh state ends in twelve empty fields of a byte each; what is before them is the version.
  std::string state = kFresh.substr(0, kFresh.size() - 12);
  state.append(reinterpret_cast<const char*>(data), size);
  if (!judge.Restore(state).ok()) {
    KZ_CHECK(judge.Save() == kFresh, "a refused state left something behind");
    return 0;
  }
  const std::string saved = judge.Save();
  KZ_CHECK(again.Restore(saved).ok() && again.Save() == saved, "a saved state is not stable");
  return 0;
}
