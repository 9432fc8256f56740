// What the readers of the formats share. Private to this folder; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/field.h"
#include "judge/slo_formats/slo_import.h"

namespace kizashi {

/// Warns of keys that are not `known`: these formats are often read by programs that drop them.
void WarnOfKeys(const Field& mapping, const std::vector<std::string_view>& known);

/// A PromQL expression with `{{.window}}` as $window, without line feeds at its ends.
std::optional<std::string> ReadQuery(const Field& field);

/// A name of ours from one of theirs; what we do not take becomes '-', with a warning.
std::string NameFrom(const Field& field, std::string_view name);

/// Any scalar as text; lists joined by ','.
std::vector<std::pair<std::string, std::string>> ReadLabels(const Field& field,
                                                            std::string_view prefix);

/// Sets the text of a key, whether or not it is there.
void SetText(std::string_view key, std::string text,
             std::vector<std::pair<std::string, std::string>>* texts);

/// Leaves out own pairs that no outage reaches, or that do not fit the window and the slices, with
/// a warning that has the arithmetic.
void DropUnreachable(const Field& at, SloSpec* slo);

/// The value of a label or annotation; nullptr without.
const std::string* FindText(const std::vector<std::pair<std::string, std::string>>& texts,
                            std::string_view key);

/// The document of a list, or the document itself.
std::vector<Field> Objects(const Field& document);

// The readers of the formats. `objects` are of theirs.
void ImportSloth(const std::vector<Field>& objects, SloImport* out);
void ImportPyrra(const std::vector<Field>& objects, const SloImportOptions& options,
                 SloImport* out);
void ImportOpenSlo(const std::vector<Field>& objects, SloImport* out);

/// Adds an SLO with its place.
void AddSlo(const Field& at, SloFormat format, std::string service, SloSpec slo, SloImport* out);

}  // namespace kizashi
