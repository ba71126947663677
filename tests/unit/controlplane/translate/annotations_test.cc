#include "controlplane/translate/annotations.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Annotations, ChooseTheSourceAddress) {
  const auto source = [](const std::string& value) {
    return translate_one(annotated(kSourceAddressAnnotation, value)).service->source_address();
  };
  EXPECT_EQ(source("preserve"), v1::SOURCE_ADDRESS_PRESERVE);
  EXPECT_EQ(source("masquerade"), v1::SOURCE_ADDRESS_MASQUERADE);
}

TEST(Annotations, ChooseTheSelection) {
  const auto selection = [](const std::string& value) {
    return translate_one(annotated(kSelectionAnnotation, value)).service->selection();
  };
  EXPECT_EQ(selection("random"), v1::SELECTION_RANDOM);
  EXPECT_EQ(selection("maglev"), v1::SELECTION_MAGLEV);
  EXPECT_EQ(selection("round-robin"), v1::SELECTION_ROUND_ROBIN);
  EXPECT_EQ(selection("least-connections"), v1::SELECTION_LEAST_CONNECTIONS);
}

TEST(Annotations, ChooseTheSizeOfMaglevTables) {
  const auto with_size = [](const std::string& size) {
    kubernetes::Service service = annotated(kSelectionAnnotation, "maglev");
    (*service.mutable_metadata()->mutable_annotations())[kMaglevTableSizeAnnotation] = size;
    return translate_one(service);
  };
  // Those that proto/portico/v1/objects.proto has.
  for (const unsigned size : {251u, 509u, 1021u, 2039u, 4093u, 8191u, 16381u, 32749u, 65521u}) {
    EXPECT_EQ(with_size(std::to_string(size)).service->maglev_table_size(), size);
  }
  for (const char* size : {"", "0", "252", "0251", "251 ", "many"}) {
    EXPECT_THAT(with_size(size).faults,
                ElementsAre(HasSubstr("portico.dev/maglev-table-size: must be one of 251, 509, ")))
        << size;
  }
  EXPECT_THAT(translate_one(annotated(kMaglevTableSizeAnnotation, "251")).faults,
              ElementsAre("metadata.annotations.portico.dev/maglev-table-size: is of no use "
                          "without portico.dev/selection: maglev"));
}

TEST(Annotations, WeighEndpointsByWhereTheyRun) {
  const Outcome of_nodes =
      translate_one(annotated(kNodeWeightsAnnotation, "worker-1=3, worker-2 = 0,w3=1000"));
  EXPECT_THAT(of_nodes.faults, IsEmpty());
  EXPECT_THAT(of_nodes.node_weights,
              ElementsAre(Pair("w3", 1000u), Pair("worker-1", 3u), Pair("worker-2", 0u)));
  EXPECT_THAT(of_nodes.zone_weights, IsEmpty());
  EXPECT_THAT(translate_one(annotated(kZoneWeightsAnnotation, "eu-1a=2")).zone_weights,
              ElementsAre(Pair("eu-1a", 2u)));
}

TEST(Annotations, RefuseWeightsThatAreNone) {
  for (const char* weights : {"", "a", "a=", "=1", "a=-1", "a=1001", "a=1.5", "a=1,", "a=1;b=2"}) {
    EXPECT_THAT(translate_one(annotated(kNodeWeightsAnnotation, weights)).faults,
                ElementsAre(HasSubstr("metadata.annotations.portico.dev/node-weights: must be "
                                      "NAME=WEIGHT, each weight from 0 to 1000")))
        << weights;
  }
  EXPECT_THAT(translate_one(annotated(kZoneWeightsAnnotation, "a=1,a=1")).faults,
              ElementsAre("metadata.annotations.portico.dev/zone-weights: names \"a\" twice"));
}

TEST(Annotations, OfOthersAreLeftAlone) {
  const Outcome plain = translate_one(annotated("example.com/selection", "whatever"));
  EXPECT_EQ(plain.service->selection(), v1::SELECTION_UNSPECIFIED);
  EXPECT_EQ(plain.service->source_address(), v1::SOURCE_ADDRESS_UNSPECIFIED);
}

TEST(Annotations, AreRefusedWhereTheyAreNotKnown) {
  EXPECT_THAT(translate_one(annotated(kSelectionAnnotation, "Maglev")).faults,
              ElementsAre("metadata.annotations.portico.dev/selection: must be one of random, "
                          "maglev, round-robin, least-connections, is \"Maglev\""));
  EXPECT_THAT(translate_one(annotated(kSourceAddressAnnotation, "")).faults,
              ElementsAre("metadata.annotations.portico.dev/source-address: must be one of "
                          "preserve, masquerade, is \"\""));
  EXPECT_THAT(translate_one(annotated("portico.dev/source-adress", "preserve")).faults,
              ElementsAre(HasSubstr("portico.dev/source-adress: is unknown; there are "
                                    "portico.dev/source-address, portico.dev/selection, ")));
}

}  // namespace
}  // namespace portico
