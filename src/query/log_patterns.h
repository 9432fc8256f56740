// The patterns of each service's stored lines, found as the lines are stored.
//
// The log store knows skeletons; a pattern is a set of them, and which ones belong together depends
// on the service's other lines (pattern/pattern_set.h). Here is one set for each service, told of
// every line that is stored; after a restart it is made again from a few lines of each block.
//
// A service is what the catalog says that claims the stream, or else what the stream calls itself.
// Owned by main. Add, Absorb and FollowCatalog by the thread that feeds the log store; the others
// by any. Limits: kServicesMax services, those of PatternSet in each, kExamplesMax examples of
// kExampleBytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"
#include "pattern/pattern_set.h"
#include "pattern/templates.h"
#include "store/logs/log_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// One pattern of a service.
struct LogPattern {
  uint64_t id = 0;
  std::string text;
  std::string name;                 // the team's, when it has one
  std::string example;              // the beginning of one of its lines
  std::vector<uint64_t> skeletons;  // as the log store knows them; sorted; of a template those of
                                    // the pattern that was found with the same text, if any
};

class LogPatterns {
 public:
  static constexpr size_t kServicesMax = 5'000;
  static constexpr size_t kSkeletonsMax = 300'000;
  static constexpr size_t kExampleBytes = 500;

  using CatalogNow = std::function<std::shared_ptr<const Catalog>()>;
  /// `directory` outlives this object.
  LogPatterns(const SeriesDirectory& directory, CatalogNow catalog);
  ~LogPatterns();

  /// Takes a line that is being stored: see LogStore::PatternOf.
  void Add(StreamId stream, std::string_view text, uint64_t skeleton,
           const std::vector<Slot>& slots);
  /// Takes what a block holds: of each skeleton so many lines that its pattern is as if all had
  /// been added. DataLoss when the block is damaged.
  Status Absorb(const LogBlockInfo& block);
  /// The same for lines in memory.
  void Absorb(const LogStoreView::Tail& tail);
  /// Notes whose streams these are.
  void NoteStreams(const std::vector<uint32_t>& streams);
  /// Asks the catalog again. True when a known stream has another service: then everything is
  /// forgotten but the streams, and has to be absorbed again.
  bool FollowCatalog();

  /// The service of a stream.
  std::string ServiceOf(StreamId stream);
  /// Sorted; empty when nothing of the service was stored.
  std::vector<StreamId> StreamsOf(std::string_view service) const;
  std::vector<std::string> Services() const;
  /// Those that were found, each with all its skeletons though templates may have some of their
  /// lines, and the templates. Sorted by id; empty when nothing of the service was stored.
  std::vector<LogPattern> PatternsOf(std::string_view service);
  /// What the catalog in force says of the service's patterns; null: nothing.
  std::shared_ptr<const PatternTemplates> TemplatesOf(std::string_view service) const;
  /// The same of all streams of a service or, without one, of all; only those that have any.
  std::map<StreamId, std::shared_ptr<const PatternTemplates>> TemplatesByStream(
      const std::optional<std::string>& service) const;
  /// The skeletons of the pattern `id` in a service or, without one, in all; sorted.
  std::vector<uint64_t> SkeletonsOf(uint64_t id, std::optional<std::string> service);

 private:
  struct ServiceSet;

  std::shared_ptr<ServiceSet> SetOf(StreamId stream);
  std::string NameOf(const Catalog& catalog, StreamId stream) const;
  std::shared_ptr<ServiceSet> SetNamed(std::string name);
  void AddTo(ServiceSet* set, std::string_view text, uint64_t skeleton,
             const std::vector<Slot>& slots);
  Status AbsorbSkeleton(LogBlock* block, uint32_t skeleton);

  const SeriesDirectory& directory_;
  const CatalogNow catalog_now_;
  size_t skeletons_ = 0;  // added; the feeding thread's own

  // Guarded by mutex_; each set has a mutex of its own, taken without or after this one.
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalog> catalog_;
  std::map<std::string, std::shared_ptr<ServiceSet>, std::less<>> services_;
  std::unordered_map<StreamId, std::shared_ptr<ServiceSet>> streams_;
};

}  // namespace kizashi
