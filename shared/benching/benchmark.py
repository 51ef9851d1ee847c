"""The benchmark: which contestants take part, and what is measured in which order."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.benching import growth
from shared.benching.contest import Contest, Start, band_of
from shared.benching.contestant import Task
from shared.benching.others import Others
from shared.benching.peers import Peer
from shared.benching.process import started
from shared.benching.record import Bench
from shared.comparing.programs import Stage
from shared.network import DtypeName, Settings


@dataclass(frozen=True)
class Plan:
    """The contestants (an implementation's source, or a peer, by name), the number of rounds and of threads."""

    implementations: Mapping[str, str]
    peers: Mapping[str, Peer]
    rounds: int
    threads: int
    sweep: bool

    def tasks(self, settings: Settings) -> dict[str, Task]:
        """List the task of each contestant that can take part."""
        tasks = {name: Task(source, False, settings, self.threads) for name, source in self.implementations.items()}
        for name, peer in self.peers.items():
            if not peer.absence(settings.dtype):
                tasks[name] = Task(peer.module, True, settings, self.threads)
        return tasks

    def left_out(self, dtype: DtypeName) -> dict[str, str]:
        """List the peers that cannot take part, and why."""
        absences = {name: peer.absence(dtype) for name, peer in self.peers.items()}
        return {name: reason for name, reason in absences.items() if reason}


def run(record: Bench, plan: Plan, starts: Mapping[DtypeName, Start], stage: Stage) -> Bench:
    """Time and judge all contestants, one dtype after the other; sweep over m and n_x in the first.

    Raises
    ------
    InputError
        If the training diverges.
    """
    others = Others()
    environments = {name: peer.environment for name, peer in plan.peers.items()}
    for dtype, start in starts.items():
        tasks = plan.tasks(start.settings)
        with started(tasks, plan.threads, environments) as processes:
            contest = Contest(processes, tasks, start)
            with stage(f"{dtype}: imports, and the band of correct curves", 0):
                band = band_of(start)
                for name in tasks:
                    contest.ask(name, "ready")
            with stage(f"{dtype}: first calls", len(tasks)) as progress:
                for done, name in enumerate(contest.running, 1):
                    contest.begin(name)
                    progress(done)
            with stage(f"{dtype}: {plan.rounds} rounds", plan.rounds) as progress:
                for done in range(1, plan.rounds + 1):
                    for name in contest.running:
                        contest.turn(name, stop=start.settings.iterations * done // plan.rounds)
                    progress(done)
            record.timings[dtype], record.horizons[dtype] = contest.judge(band), band.horizon
            if plan.sweep and not record.growth:
                (n_x, m), still_there = start.X.shape, {name: processes[name] for name in contest.running}
                with stage(f"{dtype}: the sweep over m and n_x", len(growth.sizes(n_x, m))) as progress:
                    record.growth, failures = growth.sweep(still_there, n_x, m, progress)
                for name, reason in failures.items():
                    contest.timings[name].problem = f"in the sweep: {reason}"
    record.share_of_others = others.share()
    return record
