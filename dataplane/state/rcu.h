#pragma once

#include <cstdint>

#include "include/portico/strong_id.h"

struct rte_rcu_qsbr;

namespace portico {

// Grace periods by quiescent states (rte_rcu_qsbr): a worker says once a burst that it holds no
// pointer into the tables; a writer that has unpublished something waits until all have said so.
class Rcu {
 public:
  explicit Rcu(std::uint16_t workers);  // throws std::bad_alloc
  ~Rcu();

  // Workers. online() before the first burst, quiescent() after each, offline() before a nap and
  // at the end; a worker that is offline holds nothing.
  void online(WorkerId worker) noexcept;
  void quiescent(WorkerId worker) noexcept;
  void offline(WorkerId worker) noexcept;

  // Writers: returns when every worker has been quiescent or offline after the call.
  void synchronize() noexcept;

 private:
  rte_rcu_qsbr* qsbr_;
};

}  // namespace portico
