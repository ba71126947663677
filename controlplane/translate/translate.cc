#include "controlplane/translate/translate.h"

#include <utility>

#include "controlplane/translate/translator.h"

namespace portico {

Translation translate(const ObjectSet& objects, const TranslateOptions& options) {
  Translator translator(options);
  Reports reports = translator.apply(reset_to(objects, {}));
  return {translator.desired(), std::move(reports)};
}

}  // namespace portico
