"""Ranks of a group as threads of this process, so that what they compute is tested without MPI."""

import threading

import numpy as np

from rnn.parallel import Group


class Joint:
    """What the ranks share: a place for each to put a value, and a barrier."""

    def __init__(self, size):
        self.values = [None] * size
        self.barrier = threading.Barrier(size, timeout=20)


class ThreadComm:
    """One rank's end of it, with the methods that a Group asks for."""

    def __init__(self, joint, rank):
        self.joint, self.rank, self.size, self.calls = joint, rank, len(joint.values), 0

    def gather(self, value):
        self.calls += 1
        self.joint.values[self.rank] = value
        self.joint.barrier.wait()
        found = list(self.joint.values)
        self.joint.barrier.wait()
        return found

    def add(self, array):
        return np.sum(self.gather(array), axis=0)


def on_ranks(size, function):
    """What ``function(group)`` returns on each of so many ranks; or the first error."""
    joint, results, errors = Joint(size), [None] * size, []

    def run(rank):
        try:
            results[rank] = function(Group(ThreadComm(joint, rank)))
        except threading.BrokenBarrierError:
            pass    # another rank has failed
        except BaseException as error:  # to be raised in the test's thread
            errors.append(error)
            joint.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
