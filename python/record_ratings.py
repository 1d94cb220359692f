#!/usr/bin/env python3
"""Records what openskill's Plackett-Luce model makes of seeded sequences of games.

The fixtures in tests/fixtures/ratings are its output:

    python3 -m venv /tmp/ratings && /tmp/ratings/bin/pip install openskill==6.2.0
    /tmp/ratings/bin/python python/record_ratings.py tests/fixtures/ratings

Each file holds `options` (of the model), `start` ([mu, sigma] of every player) and `games`: `teams`
(lists of players), `ranks` (lower is better, equal is a draw) and `after`, the ratings of those
who played, in the order of `teams`.
"""

import argparse
import importlib.metadata
import json
import random
from pathlib import Path

from openskill.models import PlackettLuce

VERSION = "6.2.0"


def duels(rng, num_players, num_games, draw_share):
    """Two players a game; the one with the smaller number is better."""
    for _ in range(num_games):
        pair = rng.sample(range(num_players), 2)
        if rng.random() < draw_share:
            yield [[p] for p in pair], [0, 0]
        else:
            wins = rng.random() < 1 / (1 + 2.0 ** (pair[0] - pair[1]))
            yield [[p] for p in pair], [0, 1] if wins else [1, 0]


def free_for_all(rng, num_players, num_games):
    """Three to six players a game, ranks with ties and gaps."""
    for _ in range(num_games):
        size = rng.randint(3, min(6, num_players))
        players = rng.sample(range(num_players), size)
        yield [[p] for p in players], [rng.randint(0, size) for _ in players]


def team_games(rng, num_players, num_games):
    """Two to four teams of one to three players."""
    for _ in range(num_games):
        players = rng.sample(range(num_players), num_players)
        teams = []
        for _ in range(rng.randint(2, 4)):
            size = rng.randint(1, 3)
            teams.append(players[:size])
            players = players[size:]
        yield teams, [rng.randint(1, 3) for _ in teams]


def one_sided(num_games):
    """The first player always wins: sigma falls, then tau keeps it up."""
    for _ in range(num_games):
        yield [[0], [1]], [0, 1]


def unequal_starts(rng, num_players):
    return [[rng.uniform(5, 45), rng.uniform(0.5, 9)] for _ in range(num_players)]


def record(options, start, games):
    model = PlackettLuce(**options)
    ratings = [model.rating(mu, sigma) for mu, sigma in start]
    rows = []
    for teams, ranks in games:
        rated = model.rate([[ratings[p] for p in team] for team in teams], ranks=ranks)
        for team, new in zip(teams, rated):
            for player, rating in zip(team, new):
                ratings[player] = rating
        after = [[[r.mu, r.sigma] for r in team] for team in rated]
        rows.append({"teams": teams, "ranks": ranks, "after": after})
    return {"openskill": VERSION, "options": options, "start": start, "games": rows}


def sequences():
    default = [25.0, 25.0 / 3.0]
    rng = random.Random(1)
    yield "duels", record({}, [default] * 6, duels(rng, 6, 300, 0.0))
    yield "duels_with_draws", record({}, [default] * 6, duels(rng, 6, 300, 0.3))
    yield "only_draws", record({}, [default] * 2 + [[40.0, 2.0]], duels(rng, 3, 60, 1.0))
    yield "one_sided", record({}, [default] * 2, one_sided(200))
    yield "free_for_all", record({}, [default] * 8, free_for_all(rng, 8, 150))
    yield "teams", record({}, unequal_starts(rng, 12), team_games(rng, 12, 150))
    yield "limited_sigma", record({"limit_sigma": True}, unequal_starts(rng, 5),
                                  duels(rng, 5, 150, 0.2))
    yield "other_options", record({"beta": 2.0, "kappa": 0.01, "tau": 0.5},
                                  unequal_starts(rng, 5), free_for_all(rng, 5, 100))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    found = importlib.metadata.version("openskill")
    if found != VERSION:
        raise SystemExit(f"openskill {found} is installed, the fixtures are of {VERSION}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, sequence in sequences():
        rows = ",\n".join(json.dumps(game) for game in sequence.pop("games"))
        text = json.dumps(sequence)[:-1] + ', "games": [\n' + rows + "\n]}\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {rows.count(chr(10)) + 1} games")


if __name__ == "__main__":
    main()
