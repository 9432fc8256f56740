#include "store/series/series_store.h"

namespace kizashi {

std::unique_ptr<SeriesReader> SeriesStore::OpenReader() const {
  return std::make_unique<StoreReader>(index_, StoreView{head_.View(), nullptr});
}

}  // namespace kizashi
