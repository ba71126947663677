#pragma once

#include <string>

#include "controlplane/watch/decode.h"

namespace portico {

// What becomes of the objects of one kind that a reflector has read.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;

  // What is set and erased from now on, up to end_list(), makes a new list, and what is there stays
  // as it is; begin_list() once more drops what came of it. After end_list() that list is all there
  // is.
  virtual void begin_list() = 0;
  virtual void end_list() = 0;

  virtual void set(MessagePtr object) = 0;
  virtual void erase(const kubernetes::ObjectMeta& metadata) = 0;
  // A new list has this object, but it can't be read: what is there of it is part of the list.
  virtual void keep(const kubernetes::ObjectMeta& metadata) = 0;

  // Something that an operator should know; printable.
  virtual void warn(const std::string& text) = 0;
  // Something that an operator may like to know; printable.
  virtual void inform(const std::string& text) = 0;
};

}  // namespace portico
