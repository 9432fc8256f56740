// What the tests of this folder share: a small catalog, an alert, a record store in a folder of its
// own.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "catalog/load.h"
#include "store/record_store.h"

namespace kizashi {

inline constexpr std::string_view kShopCatalog = R"yaml(
service:
  name: shop
  title: Shop | front
  owner: shop-team
  redundancy: {need: 3, of: 5}
---
service:
  name: cart
  owner: cart-team
---
service:
  name: lonely
---
team:
  name: retail
  title: Retail
  notify:
    - slack: https://hooks.slack.com/services/T000/B000/retail-secret
---
team:
  name: shop-team
  title: Shop team
  parent: retail
  time_zone: Asia/Tokyo
  language: ja
---
team:
  name: cart-team
  parent: retail
  notify:
    - webhook: http://127.0.0.1:1/cart
    - slack: https://hooks.slack.com/services/T000/B000/cart-secret
    - webhook: http://127.0.0.1:1/cart
---
team:
  name: island
)yaml";

inline std::shared_ptr<const Catalog> ShopCatalog() {
  const CatalogLoad load = LoadCatalog({{"shop.yaml", std::string(kShopCatalog)}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  return load.catalog;
}

/// A page about shop, from 2026-11-23 08:15 UTC.
inline AlertRecord ShopAlert() {
  AlertRecord alert;
  alert.id = "00000000000000aa";
  alert.service = "shop";
  alert.owner = "shop-team";
  alert.slo = "availability";
  alert.begin = *ParseTime("2026-11-23T08:15:00Z");
  alert.fields = {{"long_seconds", 3600.0}, {"short_seconds", 300.0}, {"factor", 14.4},
                  {"long_burn", 20.125},    {"short_burn", 31.0},     {"spent_share", 0.1234},
                  {"hours_to_empty", 31.5}, {"target", 0.999}};
  return alert;
}

class TempFolder {
 public:
  TempFolder() : path_(testing::TempDir() + "act-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string RecordsPath() const { return path_ + "/records.sqlite"; }
  std::unique_ptr<RecordStore> OpenRecords() const {
    auto store = RecordStore::Open(RecordsPath());
    EXPECT_TRUE(store.ok()) << Message(store.status());
    return store.ok() ? *std::move(store) : nullptr;
  }

 private:
  std::string path_;
};

}  // namespace kizashi
