// Reading the labelled sets of ../shared/data for the figures of detection.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "nab_score.h"

namespace kizashi::bench {

struct LabelledSeries {
  std::string name;
  std::vector<Time> times;
  std::vector<double> values;
  std::vector<NabWindow> windows;
};

inline Time NabTime(const std::string& text) {
  return ParseTime(text.substr(0, 10) + "T" + text.substr(11, 8) + "Z").value();
}

/// The quoted texts of the file of labels: a file's name, then begin and end of each of its
/// windows.
inline std::map<std::string, std::vector<std::string>> NabLabels(const std::string& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  std::map<std::string, std::vector<std::string>> labels;
  std::vector<std::string>* bounds = nullptr;
  std::string text;
  while (std::getline(all, text, '"') && std::getline(all, text, '"')) {
    if (text.ends_with(".csv")) {
      bounds = &labels[text];
    } else if (bounds != nullptr) {
      bounds->push_back(text);
    }
  }
  return labels;
}

/// All files below DIR/data that DIR/labels/combined_windows.json names and that are there.
inline std::vector<LabelledSeries> ReadNab(const std::string& directory) {
  std::vector<LabelledSeries> series;
  for (const auto& [name, bounds] : NabLabels(directory + "/labels/combined_windows.json")) {
    std::ifstream file(directory + "/data/" + name);
    if (!file) continue;
    LabelledSeries one;
    one.name = name;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      const size_t comma = line.find(',');
      if (comma == std::string::npos) continue;
      one.times.push_back(NabTime(line.substr(0, comma)));
      one.values.push_back(std::stod(line.substr(comma + 1)));
    }
    const auto row = [&](const std::string& text) {
      return std::lower_bound(one.times.begin(), one.times.end(), NabTime(text)) -
             one.times.begin();
    };
    for (size_t i = 0; i + 1 < bounds.size(); i += 2) {
      one.windows.push_back({row(bounds[i]), row(bounds[i + 1])});
    }
    series.push_back(std::move(one));
  }
  return series;
}

struct LabelledService {
  std::string name;
  std::vector<std::vector<double>> train;  // by row, then by metric
  std::vector<std::vector<double>> test;
  std::vector<std::pair<int64_t, int64_t>> segments;  // rows of test, last is behind the end
};

inline std::vector<std::vector<double>> ReadTable(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<double>> rows;
  std::string line;
  while (std::getline(file, line)) {
    std::vector<double>& row = rows.emplace_back();
    std::stringstream cells(line);
    std::string cell;
    while (std::getline(cells, cell, ',')) row.push_back(std::stod(cell));
  }
  return rows;
}

/// JumpStarter's folders: train, test, test_label.
inline std::vector<LabelledService> ReadServices(const std::string& directory) {
  std::vector<LabelledService> services;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/test")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    LabelledService service;
    service.name = name;
    service.train = ReadTable(directory + "/train/" + name);
    service.test = ReadTable(directory + "/test/" + name);
    bool inside = false;
    const auto labels = ReadTable(directory + "/test_label/" + name);
    for (size_t row = 0; row <= labels.size(); ++row) {
      const bool on = row < labels.size() && labels[row].back() > 0;
      if (on && !inside) service.segments.emplace_back(int64_t(row), int64_t(row));
      if (on) service.segments.back().second = int64_t(row) + 1;
      inside = on;
    }
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace kizashi::bench
