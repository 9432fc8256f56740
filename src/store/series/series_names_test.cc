#include "store/series/series_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/logs/durable_file.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::SizeIs;

constexpr const char* kGolden = "tests/golden/ended_series_v1.kzend";

Labels Pod(SeriesId id) {
  return Labels({{"__name__", "work_" + std::to_string(id % 4)},
                 {"pod", "app-" + std::to_string(id / 4)},
                 {"zone", "z" + std::to_string(id % 3)}});
}

LabelMatcher Equal(std::string name, std::string value) {
  return {std::move(name), LabelMatcher::Op::kEqual, std::move(value)};
}

class SeriesNamesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "names-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    Start();
  }
  void TearDown() override { fs::remove_all(directory_); }

  // As definitions do: what is stored, by id.
  void Start() {
    names_ = std::make_unique<SeriesNames>();
    names_->SetRetireMin(1);
    names_->OpenEnded(directory_ + "/ended",
                      [this](SeriesId first, uint32_t count, const SeriesNames::Visit& visit) {
                        reads_ += count;
                        return VisitStored(first, count, visit);
                      });
    for (SeriesId id = 0; id < stored_.size(); ++id) {
      if (names_->SkipEnded(id, 1)) continue;
      const Status visited = VisitStored(id, 1, [this](SeriesId first, auto pairs, auto series) {
        names_->AddGroup(first, pairs, series);
      });
      ASSERT_TRUE(visited.ok());
    }
    names_->FinishLoad();
    reads_ = 0;
  }
  Status VisitStored(SeriesId first, uint32_t count, const SeriesNames::Visit& visit) const {
    for (SeriesId id = first; id < first + count; ++id) {
      if (id >= stored_.size()) return DataLoss("series {} is not stored", id);
      std::vector<SeriesIndex::PairText> pairs;
      std::vector<uint32_t> one;
      for (const Label& label : stored_[id]) {
        one.push_back(static_cast<uint32_t>(pairs.size()));
        pairs.emplace_back(label.name, label.value);
      }
      visit(id, pairs, std::span(&one, 1));
    }
    return OkStatus();
  }
  void AddTo(SeriesId end) {
    for (SeriesId id = names_->end(); id < end; ++id) {
      stored_.push_back(Pod(id));
      names_->Add(id, stored_.back());
    }
    names_->NoteStored(end);
  }
  // The series of [first, first + count) are held, and no other; samples ended at `max_ms`.
  bool RetireAllBut(SeriesId first, uint32_t count, int64_t max_ms) {
    names_->Watch();
    const auto retired = names_->Retire(SeriesSet({{first, count}}), max_ms);
    EXPECT_TRUE(retired.ok()) << Message(retired.status());
    return retired.ok() && *retired;
  }
  // 100 series, of which only those from 80 on live; the others had samples up to time 1000.
  void EndMost() {
    AddTo(100);
    EXPECT_FALSE(RetireAllBut(0, 100, 0));  // new ones are spared
    EXPECT_TRUE(RetireAllBut(80, 20, 1000));
    EXPECT_EQ(names_->ended(), 80U);
    EXPECT_EQ(names_->size(), 20U);
    EXPECT_EQ(names_->end(), 100U);
  }
  std::vector<SeriesId> Select(const std::vector<LabelMatcher>& matchers, int64_t from_ms) {
    SeriesView view(*names_);
    const auto ids = view.Select(matchers, from_ms);
    EXPECT_TRUE(ids.ok()) << Message(ids.status());
    return ids.ok() ? *ids : std::vector<SeriesId>();
  }
  SeriesId Find(SeriesId id) {
    const auto found = names_->Find(Pod(id));
    EXPECT_TRUE(found.ok()) << Message(found.status());
    return found.ok() ? found->value_or(UINT32_MAX) : UINT32_MAX;
  }

  std::string directory_;
  std::vector<Labels> stored_;
  size_t reads_ = 0;
  std::unique_ptr<SeriesNames> names_;
};

TEST_F(SeriesNamesTest, WhatEndedIsFoundInThePastAndCostsQueriesOfNowNothing) {
  EndMost();
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre());
  EXPECT_THAT(Select({}, 1001), SizeIs(20));
  EXPECT_EQ(reads_, 0U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1000), ElementsAre(12, 13, 14, 15));
  EXPECT_THAT(Select({}, 0), SizeIs(100));
  EXPECT_EQ(names_->Get(13), Pod(13));
  std::vector<Labels> labels;
  const std::vector<SeriesId> ids = {99, 13, 14, 80};
  names_->Get(ids, &labels);
  EXPECT_THAT(labels, ElementsAre(Pod(99), Pod(13), Pod(14), Pod(80)));
}

TEST_F(SeriesNamesTest, AViewOrdersAndNamesSeriesOfMemoryAndOfFiles) {
  EndMost();
  Find(7);  // awake
  SeriesView view(*names_);
  const std::vector<SeriesId> ids = view.Select({}, 0).value();
  ASSERT_THAT(ids, SizeIs(100));
  std::vector<Labels> labels;
  view.Get(ids, &labels);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(labels[i], Pod(ids[i]));
  std::vector<Labels> ordered;
  for (const uint32_t place : view.OrderByLabels(ids)) ordered.push_back(labels[place]);
  EXPECT_TRUE(std::is_sorted(ordered.begin(), ordered.end()));
  EXPECT_EQ(view.Get(7), Pod(7));
  EXPECT_THAT(view.LabelNames(ids), ElementsAre("__name__", "pod", "zone"));
  EXPECT_THAT(view.LabelValues("zone", ids), ElementsAre("z0", "z1", "z2"));
  EXPECT_THAT(view.LabelValues("pod", ids), SizeIs(25));
  std::vector<Labels> chosen;
  const std::vector<std::string> names = {"zone"};
  view.GetChosen(ids, names, &chosen);
  ASSERT_THAT(chosen, SizeIs(100));
  EXPECT_EQ(chosen[7], Labels(std::vector<Label>{Label{"zone", "z1"}}));
  EXPECT_EQ(chosen[99], Labels(std::vector<Label>{Label{"zone", "z0"}}));
}

TEST_F(SeriesNamesTest, OneThatReturnsKeepsItsIdAndIsThereOnce) {
  EndMost();
  EXPECT_EQ(Find(13), 13U);
  EXPECT_EQ(Find(13), 13U);
  EXPECT_EQ(names_->awake(), 1U);
  EXPECT_EQ(names_->ended(), 79U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre(13));
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 0), ElementsAre(12, 13, 14, 15));
  // It lives again, among the others, and ends again.
  EXPECT_FALSE(RetireAllBut(0, 100, 2000));
  EXPECT_EQ(names_->awake(), 0U);
  EXPECT_EQ(names_->size(), 21U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre(13));
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 0), ElementsAre(12, 13, 14, 15));
  EXPECT_EQ(Find(13), 13U);
  EXPECT_FALSE(RetireAllBut(80, 20, 3000));  // a single one does not pay
  EXPECT_TRUE(RetireAllBut(90, 10, 3000));
  EXPECT_EQ(names_->ended(), 90U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 3001), ElementsAre());
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 2500), ElementsAre(13));
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 0), ElementsAre(12, 13, 14, 15));
  EXPECT_EQ(Find(200), UINT32_MAX);
}

TEST_F(SeriesNamesTest, SamplesOfOneThatEndedWakeIt) {
  EndMost();
  const std::vector<SeriesId> ids = {13, 90};
  EXPECT_FALSE(names_->Touch(ids));
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre(13));
  EXPECT_EQ(Find(13), 13U);
}

TEST_F(SeriesNamesTest, OneThatReturnsWhileItIsMovedStays) {
  AddTo(100);
  EXPECT_FALSE(RetireAllBut(0, 100, 0));
  names_->Watch();
  const SeriesSet held({{80, 20}});
  const SeriesId touched = 13;
  names_->Touch({&touched, 1});
  AddTo(110);
  ASSERT_TRUE(names_->Retire(held, 1000).value());
  EXPECT_EQ(names_->ended(), 79U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre(13));
  EXPECT_THAT(Select({}, 1001), SizeIs(31));
  EXPECT_EQ(Find(105), 105U);
  EXPECT_EQ(Find(13), 13U);
}

TEST_F(SeriesNamesTest, AViewThatWasOpenStaysWhole) {
  AddTo(100);
  EXPECT_FALSE(RetireAllBut(0, 100, 0));
  SeriesView view(*names_);
  EXPECT_TRUE(RetireAllBut(80, 20, 1000));
  EXPECT_THAT(view.Select({}, 5000).value(), SizeIs(100));
  EXPECT_EQ(view.Get(13), Pod(13));
}

TEST_F(SeriesNamesTest, WhatIsNotOnDiskYetStays) {
  AddTo(50);
  EXPECT_FALSE(RetireAllBut(0, 100, 0));
  names_->NoteStored(20);
  EXPECT_FALSE(RetireAllBut(0, 100, 0));
  EXPECT_TRUE(RetireAllBut(0, 10, 1000));
  EXPECT_EQ(names_->ended(), 10U);
}

TEST_F(SeriesNamesTest, ARestartLeavesThemWhereTheyAre) {
  EndMost();
  Find(13);
  ASSERT_TRUE(names_->SaveAwake().ok());
  Find(14);  // its samples are in rows, which wake it again
  Start();
  EXPECT_EQ(names_->ended(), 79U);
  EXPECT_EQ(names_->size(), 21U);
  EXPECT_EQ(names_->end(), 100U);
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 1001), ElementsAre(13));
  EXPECT_THAT(Select({Equal("pod", "app-3")}, 0), ElementsAre(12, 13, 14, 15));
  EXPECT_EQ(Find(14), 14U);
  EXPECT_EQ(Find(99), 99U);
  EXPECT_FALSE(RetireAllBut(0, 100, 2000));  // 14 is among the living
  Start();
  EXPECT_EQ(names_->size(), 22U);
  EXPECT_TRUE(RetireAllBut(90, 10, 3000));
  Start();
  EXPECT_EQ(names_->size(), 10U);
  EXPECT_EQ(names_->ended(), 90U);
  EXPECT_THAT(Select({}, 0), SizeIs(100));
}

TEST_F(SeriesNamesTest, DamagedFilesBringAllBackIntoMemory) {
  EndMost();
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory_ + "/ended")) {
    files.push_back(entry.path().string());
  }
  ASSERT_THAT(files, SizeIs(2));
  for (const std::string& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    for (const size_t at : {size_t{0}, size_t{9}, size_t{20}, whole.size() / 3}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      ASSERT_TRUE(WriteDurably(path, damaged).ok());
      fs::copy(directory_ + "/ended", directory_ + "/kept", fs::copy_options::recursive);
      Start();
      if (names_->ended() == 0) {  // else the damage is in a page, which is read when it is needed
        EXPECT_EQ(names_->size(), 100U);
        EXPECT_FALSE(fs::exists(path)) << "kept though it is not used";
      } else {
        EXPECT_EQ(names_->ended(), 80U);
      }
      EXPECT_THAT(Select({}, 0), SizeIs(100));
      fs::remove_all(directory_ + "/ended");
      fs::rename(directory_ + "/kept", directory_ + "/ended");
    }
    ASSERT_TRUE(WriteDurably(path, whole).ok());
  }
}

TEST_F(SeriesNamesTest, AGroupFindsAllOfItsSeriesAndNoOther) {
  std::vector<EndedGroup::Entry> entries;
  for (SeriesId id = 0; id < 5000; ++id) {
    entries.push_back({HashOfLabels(Pod(id)), id * 3});
    if (id % 100 == 0) entries.push_back({HashOfLabels(Pod(id)), id * 3 + 1});  // equal hashes
  }
  const std::string path = directory_ + "/group";
  ASSERT_TRUE(WriteDurably(path, EndedGroup::Encode(entries, -5)).ok());
  const auto group = EndedGroup::Open(path);
  ASSERT_TRUE(group.ok()) << Message(group.status());
  EXPECT_EQ((*group)->max_ms(), -5);
  EXPECT_EQ((*group)->size(), 5050U);
  for (SeriesId id = 0; id < 5000; ++id) {
    std::vector<SeriesId> ids;
    ASSERT_TRUE((*group)->Find(HashOfLabels(Pod(id)), &ids).ok());
    if (id % 100 == 0) {
      EXPECT_THAT(ids, ElementsAre(id * 3, id * 3 + 1));
    } else {
      EXPECT_THAT(ids, ElementsAre(id * 3));
    }
    ids.clear();
    ASSERT_TRUE((*group)->Find(HashOfLabels(Pod(id + 5000)), &ids).ok());
    EXPECT_THAT(ids, ElementsAre());
  }
  EXPECT_LT((*group)->bytes(), 5050U * 4);
}

// When this fails the format has changed: it needs a new number in the magic, a golden file of its
// own beside this one, and docs/internals/series-block.md.
TEST_F(SeriesNamesTest, AGroupHasTheBytesThatItAlwaysHad) {
  std::vector<EndedGroup::Entry> entries;
  for (SeriesId id = 0; id < 20; ++id) entries.push_back({HashOfLabels(Pod(id)), id + id / 10});
  std::ifstream file(kGolden, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(EndedGroup::Encode(entries, 1'700'000'000'000), golden) << kGolden;
  const auto group = EndedGroup::Open(kGolden);
  ASSERT_TRUE(group.ok()) << Message(group.status());
  EXPECT_EQ((*group)->size(), 20U);
  std::vector<SeriesId> ids;
  ASSERT_TRUE((*group)->Find(HashOfLabels(Pod(13)), &ids).ok());
  EXPECT_THAT(ids, ElementsAre(14));
}

TEST_F(SeriesNamesTest, EveryChangedByteOfAGroupIsFoundOut) {
  std::vector<EndedGroup::Entry> entries;
  for (SeriesId id = 0; id < 20; ++id) entries.push_back({HashOfLabels(Pod(id)), id});
  const std::string whole = EndedGroup::Encode(entries, 77);
  const std::string path = directory_ + "/group";
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x01);
    std::ofstream(path, std::ios::binary) << damaged;
    const auto group = EndedGroup::Open(path);
    if (!group.ok()) continue;
    std::vector<SeriesId> ids;
    const Status found = (*group)->Find(HashOfLabels(Pod(3)), &ids);
    EXPECT_EQ(found.code(), absl::StatusCode::kDataLoss) << "byte " << at;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    EXPECT_FALSE(EndedGroup::Open(path).ok()) << size << " bytes";
  }
}

}  // namespace
}  // namespace kizashi
