#pragma once

// What an API server does to an object before anybody sees it, as far as what we read is concerned.
// A manifest file has not been through one.

#include <functional>
#include <string>

#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"

namespace portico {

using ReportFieldFault = std::function<void(const std::string& field, const std::string& message)>;

// Fills in the defaults (k8s.io/kubernetes/pkg/apis/{core,discovery}/v1/defaults.go; the namespace
// as kubectl does) and reports what an API server would have refused. Names only: what a field's
// value means is the translation's business.
void complete_manifest(kubernetes::Service* service, const ReportFieldFault& report);
void complete_manifest(kubernetes::EndpointSlice* slice, const ReportFieldFault& report);
void complete_manifest(kubernetes::Node* node, const ReportFieldFault& report);

}  // namespace portico
