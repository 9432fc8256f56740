// The command `kizashi check DIR`: says whether a catalog is good. One thread.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "catalog/load.h"

namespace kizashi {

enum class CatalogErrorFormat { kText, kJson };

/// Text: one line an error. JSON: an array of objects with file, line, column, field, found and
/// expected.
std::string FormatCatalogErrors(const std::vector<CatalogError>& errors, CatalogErrorFormat format);

/// What others find wrong in the same files; asked when the catalog itself is good.
using MoreErrors = std::function<std::vector<CatalogError>(
    const std::vector<CatalogSource>& sources, const Catalog& catalog)>;

/// Reads the catalog in `dir` and prints its errors, or its warnings and one line that counts what
/// is in it, to `out`. `check` as of LoadCatalog. Returns the exit code: 0 fine, 1 errors found, 3
/// when the directory could not be read.
int CheckCatalogCommand(const std::string& dir, bool json, const ExpressionCheck& check, FILE* out,
                        const MoreErrors& more = {});

}  // namespace kizashi
