// Any bytes are SLOs, errors, or both; each SLO's short form reads back as the same SLO, and every
// export and explanation of it ends.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "catalog/slo_writer.h"
#include "judge/slo_formats/explain.h"
#include "judge/slo_formats/slo_export.h"
#include "judge/slo_formats/slo_import.h"
#include "wire/yaml_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const SloImport import = ImportSlos({{"a.yaml", text}}, {});
  for (const CatalogError& error : import.errors) KZ_CHECK(!error.ToString().empty());
  size_t looked_at = 0;
  for (const ImportedSlo& one : import.slos) {
    if (++looked_at > 20) break;
    KZ_CHECK(!ExplainSlo(one.service, one.slo).empty());
    for (const std::string& name : SloExportFormatNames()) {
      const SloExport out = ExportSlos({{one.service, one.slo}}, *ParseSloExportFormat(name));
      const SloImport again = ImportSlos({{"b.yaml", out.text}}, {});
      KZ_CHECK(name != "short" || one.format == SloFormat::kShort || again.slos.size() == 1, "{}",
               out.text);
      if (name == "short" && again.slos.size() == 1) {
        KZ_CHECK(again.slos[0].slo == one.slo, "{}", out.text);
      }
    }
  }
  return 0;
}
