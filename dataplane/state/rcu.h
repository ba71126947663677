#pragma once

// Theory of operation
//
// Workers read tables without locks; the control thread replaces what they read. When may it free
// the old object? When every worker has passed a *quiescent state*, a moment at which it holds no
// pointer into the tables, since the object was unpublished:
//
//   control thread                        worker
//   table.set(key, new entry)             for each burst:
//   rcu.synchronize()                       look up, use, forget
//   delete old entry                        rcu.quiescent(id)
//   table.release()
//
// A worker that naps is *offline*: it promises to hold nothing and to call online() before it looks
// again, and nobody waits for it. One grace period covers any number of changes, so that a change
// of ten thousand objects waits once.
//
// It is rte_rcu_qsbr: a worker's quiescent() is one load and one store to a cache line of its own.

#include <cstdint>

#include "include/portico/strong_id.h"

struct rte_rcu_qsbr;

namespace portico {

class Rcu {
 public:
  // For workers 0 ... workers - 1, all of them offline. Throws std::bad_alloc.
  explicit Rcu(std::uint16_t workers);
  ~Rcu();
  Rcu(const Rcu&) = delete;
  Rcu& operator=(const Rcu&) = delete;

  // Workers. online() before the first burst, quiescent() after each, offline() before a nap and
  // at the end; a worker that is offline holds nothing.
  void online(WorkerId worker) noexcept;
  void quiescent(WorkerId worker) noexcept;
  void offline(WorkerId worker) noexcept;

  // Writers: returns when every worker has been quiescent or offline after the call. Not to be
  // called by a worker that is online: it would wait for itself.
  void synchronize() noexcept;

 private:
  rte_rcu_qsbr* qsbr_;
};

}  // namespace portico
