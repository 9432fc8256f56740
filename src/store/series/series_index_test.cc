#include "store/series/series_index.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace kizashi {
namespace {

using Op = LabelMatcher::Op;
using Ids = std::vector<SeriesId>;

Labels L(std::vector<Label> labels) { return Labels(std::move(labels)); }

class SeriesIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    Add(0, L({{"__name__", "up"}, {"job", "a"}, {"instance", "1"}}));
    Add(1, L({{"__name__", "up"}, {"job", "b"}, {"instance", "2"}}));
    Add(2, L({{"__name__", "requests"}, {"job", "a"}, {"code", "200"}}));
    Add(3, L({{"__name__", "requests"}, {"job", "a"}, {"code", "500"}}));
    Add(5, L({{"__name__", "requests"}, {"job", "b"}, {"code", "200"}}));
    Add(9, L({}));
  }
  void Add(SeriesId id, const Labels& labels) { index_.Add(id, labels); }
  Ids Select(std::vector<LabelMatcher> matchers) {
    const auto ids = index_.Select(matchers);
    EXPECT_TRUE(ids.ok()) << Message(ids.status());
    return ids.ok() ? *ids : Ids();
  }
  SeriesIndex index_;
};

TEST_F(SeriesIndexTest, LabelsAndIdsAreFoundBothWays) {
  EXPECT_EQ(index_.Find(L({{"job", "b"}, {"__name__", "up"}, {"instance", "2"}})), 1U);
  EXPECT_EQ(index_.Find(L({{"__name__", "up"}, {"job", "b"}, {"instance", "1"}})), std::nullopt);
  EXPECT_EQ(index_.Find(L({{"__name__", "up"}})), std::nullopt);
  EXPECT_EQ(index_.Find(Labels()), 9U);
  EXPECT_EQ(index_.Get(5).ToString(), R"(requests{code="200", job="b"})");
  EXPECT_EQ(index_.Get(9), Labels());
  EXPECT_FALSE(index_.Has(4));
  EXPECT_EQ(index_.end(), 10U);
  EXPECT_EQ(index_.size(), 6U);
}

TEST(SeriesSetTest, CountsWhatLiesInAStretch) {
  const SeriesSet set({{10, 5}, {2, 3}, {13, 4}, {2, 1}, {30, 1}, {17, 2}});  // 2-4, 10-18, 30
  EXPECT_EQ(set.size(), 13U);
  EXPECT_EQ(set.Count(0, 2), 0U);
  EXPECT_EQ(set.Count(0, 3), 1U);
  EXPECT_EQ(set.Count(4, 7), 2U);
  EXPECT_EQ(set.Count(12, 2), 2U);
  EXPECT_EQ(set.Count(19, 11), 0U);
  EXPECT_EQ(set.Count(0, UINT32_MAX), 13U);
  EXPECT_EQ(SeriesSet().Count(0, 100), 0U);
  EXPECT_EQ(SeriesSet({{UINT32_MAX, 1}}).Count(UINT32_MAX, 1), 1U);
}

TEST_F(SeriesIndexTest, SummarizesTheSeriesOfASet) {
  using Counts = SeriesSummary::Counts;
  const SeriesSummary all = index_.Summarize(SeriesSet({{0, 10}}), 2);
  EXPECT_EQ(all.label_pairs, 8U);
  EXPECT_EQ(all.series_by_metric, (Counts{{3, "requests"}, {2, "up"}}));
  EXPECT_EQ(all.series_by_pair, (Counts{{3, "__name__=requests"}, {3, "job=a"}}));
  EXPECT_EQ(all.bytes_by_label, (Counts{{10, "__name__"}, {6, "code"}}));
  const SeriesSummary some = index_.Summarize(SeriesSet({{1, 2}, {5, 1}}), 10);
  EXPECT_EQ(some.series, 3U);
  EXPECT_EQ(some.series_by_metric, (Counts{{2, "requests"}, {1, "up"}}));
  EXPECT_EQ(some.values_by_label,
            (Counts{{2, "__name__"}, {2, "job"}, {1, "code"}, {1, "instance"}}));
  EXPECT_EQ(some.series_by_pair, (Counts{{2, "__name__=requests"},
                                         {2, "code=200"},
                                         {2, "job=b"},
                                         {1, "__name__=up"},
                                         {1, "instance=2"},
                                         {1, "job=a"}}));
  EXPECT_EQ(index_.Summarize(SeriesSet(), 10).label_pairs, 0U);
}

TEST_F(SeriesIndexTest, GetsTheLabelsOfManyAtOnce) {
  std::vector<Labels> labels = {Labels()};
  index_.Get(Ids{5, 0, 9, 3}, &labels);
  ASSERT_EQ(labels.size(), 5U);
  EXPECT_EQ(labels[1], index_.Get(5));
  EXPECT_EQ(labels[2], index_.Get(0));
  EXPECT_EQ(labels[3], Labels());
  EXPECT_EQ(labels[4], index_.Get(3));
}

TEST(SeriesIndexOrderTest, OrderIsThatOfTheLabels) {
  std::mt19937 random(5);
  SeriesIndex index;
  std::vector<Labels> all;
  const auto add = [&](const Labels& labels) {
    if (index.Find(labels)) return;
    index.Add(static_cast<SeriesId>(all.size()), labels);
    all.push_back(labels);
  };
  add(L({{"a", "1"}}));
  add(Labels());
  for (int i = 0; i < 3000; ++i) {
    std::vector<Label> labels;
    for (const char* name : {"__name__", "a", "ab", "b", "z"}) {
      if (random() % 3 > 0) labels.push_back({name, std::to_string(random() % 12 * 7)});
    }
    add(L(std::move(labels)));
  }
  // Many of the index's labels and few.
  for (const size_t count : {all.size(), size_t{700}, size_t{2}, size_t{1}, size_t{0}}) {
    Ids ids = index.All();
    std::shuffle(ids.begin(), ids.end(), random);
    ids.resize(count);
    std::vector<Labels> expected;
    for (const SeriesId id : ids) expected.push_back(all[id]);
    std::sort(expected.begin(), expected.end());
    std::vector<Labels> ordered;
    for (const uint32_t place : index.OrderByLabels(ids)) ordered.push_back(all[ids[place]]);
    EXPECT_EQ(ordered, expected) << count;
  }
}

TEST_F(SeriesIndexTest, GetsChosenLabelsAlone) {
  std::vector<Labels> labels;
  const std::vector<std::string> names = {"code", "job", "nothing"};
  const Ids ids = {5, 0, 9, 3};
  index_.GetChosen(ids, names, &labels);
  ASSERT_EQ(labels.size(), 4U);
  EXPECT_EQ(labels[0], L({{"code", "200"}, {"job", "b"}}));
  EXPECT_EQ(labels[1].ToString(), R"({job="a"})");
  EXPECT_EQ(labels[2], Labels());
  EXPECT_EQ(labels[3], L({{"code", "500"}, {"job", "a"}}));
}

TEST_F(SeriesIndexTest, SeriesAreCopiedIntoAnother) {
  SeriesIndex other;
  SeriesIndex::Copier copier(index_, &other);
  copier.Copy(Ids{1, 3});
  copier.Copy(Ids{5, 9});
  EXPECT_EQ(other.All(), (Ids{1, 3, 5, 9}));
  for (const SeriesId id : other.All()) EXPECT_EQ(other.Get(id), index_.Get(id));
  EXPECT_EQ(other.Find(index_.Get(3)), 3U);
  EXPECT_EQ(other.Find(index_.Get(2)), std::nullopt);
  EXPECT_EQ(other.Select(std::vector<LabelMatcher>{{"job", Op::kEqual, "b"}}).value(), (Ids{1, 5}));
  EXPECT_EQ(other.Unknown(Ids{0, 1, 2, 9}), (Ids{0, 2}));
}

TEST(SeriesSetTest, LeavesOutIds) {
  const SeriesSet set({{2, 3}, {10, 5}, {UINT32_MAX - 1, 2}});
  EXPECT_EQ(set.Without(Ids{0, 2, 4, 5, 12, UINT32_MAX}).Ids(),
            (Ids{3, 10, 11, 13, 14, UINT32_MAX - 1}));
  EXPECT_EQ(set.Without(Ids{}).Ids(), set.Ids());
  EXPECT_EQ(set.Without(set.Ids()).size(), 0U);
}

TEST_F(SeriesIndexTest, MatchersSelect) {
  EXPECT_EQ(Select({}), (Ids{0, 1, 2, 3, 5, 9}));
  EXPECT_EQ(Select({{"__name__", Op::kEqual, "up"}}), (Ids{0, 1}));
  EXPECT_EQ(Select({{"__name__", Op::kEqual, "requests"}, {"job", Op::kEqual, "a"}}), (Ids{2, 3}));
  EXPECT_EQ(Select({{"job", Op::kNotEqual, "a"}}), (Ids{1, 5, 9}));
  EXPECT_EQ(Select({{"code", Op::kEqual, ""}}), (Ids{0, 1, 9}));
  EXPECT_EQ(Select({{"code", Op::kNotEqual, ""}}), (Ids{2, 3, 5}));
  EXPECT_EQ(Select({{"code", Op::kRegex, "2.."}}), (Ids{2, 5}));
  EXPECT_EQ(Select({{"code", Op::kRegex, "200|"}}), (Ids{0, 1, 2, 5, 9}));
  EXPECT_EQ(Select({{"code", Op::kNotRegex, "2.*"}}), (Ids{0, 1, 3, 9}));
  EXPECT_EQ(Select({{"code", Op::kNotRegex, "200|500"}}), (Ids{0, 1, 9}));
  EXPECT_EQ(Select({{"job", Op::kRegex, ".+"}}), (Ids{0, 1, 2, 3, 5}));
  EXPECT_EQ(Select({{"job", Op::kRegex, ".*"}}), (Ids{0, 1, 2, 3, 5, 9}));
  EXPECT_EQ(Select({{"job", Op::kRegex, "a"}}), (Ids{0, 2, 3}));
  EXPECT_EQ(Select({{"none", Op::kEqual, "x"}}), Ids());
  EXPECT_EQ(Select({{"none", Op::kNotEqual, "x"}}), (Ids{0, 1, 2, 3, 5, 9}));
}

TEST_F(SeriesIndexTest, ABadRegexNamesItsLabel) {
  const std::vector<LabelMatcher> bad = {{"code", Op::kRegex, "(2"}};
  const Status status = index_.Select(bad).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Message(status).find("label code"), std::string_view::npos) << Message(status);
}

TEST_F(SeriesIndexTest, NamesAndValues) {
  const Ids all = Select({});
  EXPECT_EQ(index_.Names(all), (std::vector<std::string>{"__name__", "code", "instance", "job"}));
  EXPECT_EQ(index_.Values("job", all), (std::vector<std::string>{"a", "b"}));
  const Ids some = {2, 3};
  EXPECT_EQ(index_.Names(some), (std::vector<std::string>{"__name__", "code", "job"}));
  EXPECT_EQ(index_.Values("job", some), (std::vector<std::string>{"a"}));
  EXPECT_EQ(index_.Values("none", all), std::vector<std::string>());
}

// Against a plain list of label sets, with gaps in the ids and sets of many sizes.
TEST(SeriesIndexPropertyTest, SelectsWhatAPlainScanFinds) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  SeriesIndex index;
  std::vector<std::pair<SeriesId, Labels>> plain;
  SeriesId id = 0;
  while (plain.size() < 2000) {
    std::vector<Label> labels;
    for (int i = 0; i < 30; ++i) {
      if (random() % 4 == 0 || i < 3) {
        labels.push_back({"l" + std::to_string(i), "v" + std::to_string(random() % 12)});
      }
    }
    Labels set(std::move(labels));
    if (index.Find(set)) continue;
    id += 1 + (random() % 5 == 0 ? static_cast<SeriesId>(random() % 1000) : 0);
    index.Add(id, set);
    plain.emplace_back(id, std::move(set));
  }
  for (const auto& [one, labels] : plain) {
    ASSERT_EQ(index.Get(one), labels);
    ASSERT_EQ(index.Find(labels), one);
  }
  for (int round = 0; round < 300; ++round) {
    std::vector<LabelMatcher> matchers;
    for (uint64_t i = 0; i <= random() % 3; ++i) {
      const std::string values[] = {"", "v1", "v1|v2", "v1.*", "v[2-5]", ".*", ".+", "v1|", "x"};
      matchers.push_back({"l" + std::to_string(random() % 32), static_cast<Op>(random() % 4),
                          values[random() % std::size(values)]});
    }
    const auto compiled = CompiledSelector::Compile({matchers});
    ASSERT_TRUE(compiled.ok());
    Ids expected;
    for (const auto& [one, labels] : plain) {
      if (compiled->Matches(labels)) expected.push_back(one);
    }
    ASSERT_EQ(*index.Select(matchers), expected) << FormatSelector({matchers});
  }
}

TEST(SeriesIndexPropertyTest, ASeriesOfTenLabelsTakesLittleMemory) {
  SeriesIndex index;
  SeriesId id = 0;
  for (int target = 0; target < 100; ++target) {
    for (int i = 0; i < 1000; ++i) {
      std::vector<Label> labels = {{"__name__", "metric_" + std::to_string(i / 16)},
                                   {"route", "/r" + std::to_string(i % 8)},
                                   {"code", std::to_string(200 + i / 8 % 2)}};
      for (int shared = 0; shared < 7; ++shared) {
        labels.push_back({"target_label_" + std::to_string(shared),
                          fmt::format("value-{}-{}", shared, shared < 2 ? target : target / 10)});
      }
      index.Add(id++, Labels(std::move(labels)));
    }
  }
  EXPECT_LT(static_cast<double>(index.bytes()) / id, 60);
}

TEST(SeriesIndexPropertyTest, ReadersAndAWriterAgree) {
  SeriesIndex index;
  std::thread writer([&] {
    for (SeriesId id = 0; id < 5000; ++id) {
      index.Add(id, L({{"__name__", "m" + std::to_string(id % 7)}, {"n", std::to_string(id)}}));
    }
  });
  const std::vector<LabelMatcher> matchers = {{"__name__", Op::kEqual, "m3"}};
  for (int i = 0; i < 200; ++i) {
    const Ids ids = *index.Select(matchers);
    for (size_t j = 0; j < ids.size(); ++j) ASSERT_EQ(ids[j], 3 + 7 * j);
    if (ids.empty()) continue;
    ASSERT_EQ(index.Get(ids.back()).Get("n"), std::to_string(ids.back()));
  }
  writer.join();
}

}  // namespace
}  // namespace kizashi
