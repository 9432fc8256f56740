#include "act/incident/incident_records.h"

namespace kizashi::incidents {

std::string EncodeEvent(const IncidentEvent& event, Time received) {
  IncidentEvent copy = event;
  return EncodeRecord(RecordType::kEvent, received, copy);
}

std::string EncodeEdit(const Edit& edit) {
  Edit copy = edit;
  return EncodeRecord(RecordType::kEdit, copy);
}

}  // namespace kizashi::incidents
