"""Made-up materials and measurements for the tests of the calibration."""

from dataclasses import replace

import numpy as np

from polywell.electrons.valence import amounts_of
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.features import Features
from polywell.evidence.model.material import Material, made
from polywell.evidence.rows.rows import base_of, system_of

CUPRATE = Features(
    family="cuprate",
    xi_ceiling_ang=3.5,
    xi_outer_ang=3.6,
    apex_radius_inner_ang=1.2,
    apex_radius_outer_ang=1.3,
    sheets_per_block="2",
    sheet_distance_ang=3.2,
    bond_ang=1.93,
    bond_angle_deg=178.0,
    buckling_ang=0.02,
    ligand="O",
    apical="O",
    apical_distance_ang=2.5,
    anion_height_ang=None,
    anion_angle_deg=None,
    spacer="Tl-O",
    net_disorder=0.0,
    pressure_gpa=None,
)
IRON = replace(
    CUPRATE,
    family="iron-based",
    xi_ceiling_ang=2.7,
    xi_outer_ang=3.1,
    apex_radius_inner_ang=None,
    sheets_per_block="1",
    sheet_distance_ang=None,
    bond_ang=2.4,
    bond_angle_deg=71.0,
    ligand="As",
    apical="none",
    apical_distance_ang=None,
    anion_height_ang=1.35,
    anion_angle_deg=111.0,
    spacer="fluorite",
)
HOSTS = ("La", "Nd", "Sm", "Pr", "Gd", "Y")
GUESTS = ("Sr", "Ba", "Ca")


def material(formula: str, features: Features = CUPRATE) -> Material:
    """A material of this composition with the cages of another."""
    return made(features, amounts_of(formula), "Cu" if features.family == "cuprate" else "Fe")


def training_row(
    id: str, formula: str, tc_k: float | None, features: Features = CUPRATE, **more
) -> TrainingRow:
    """A measured row; its compound and structure type are its hosts unless they are given."""
    metal = "Cu" if features.family == "cuprate" else "Fe"
    amounts = amounts_of(formula)
    return TrainingRow(
        **{
            "id": id,
            "formula": formula,
            "compound": base_of(amounts, metal),
            "system": system_of(amounts),
            "base": base_of(amounts, metal),
            "structure_type": features.spacer,
            "material": material(formula, features),
            "tc_k": tc_k,
            "year": 1990,
        }
        | more
    )


def made_up(count: int, seed: int, features: Features = CUPRATE) -> list[TrainingRow]:
    """Rows of a dome of T_c over the doping, higher for larger apical distances."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        host, guest = HOSTS[number % 6], GUESTS[number % 3]
        doping = round(0.03 + 0.25 * random.random(), 3)
        distance = 2.3 + 0.5 * random.random()
        place = replace(
            features,
            xi_ceiling_ang=features.xi_ceiling_ang + 0.2 * random.normal(),
            spacer=("Hg-O", "Bi-O", "rock-salt")[number % 3],
        )
        if features.family == "cuprate":
            place = replace(place, apical_distance_ang=distance)
            formula, height = f"{host}{2 - doping:.3f}{guest}{doping}CuO4", 90.0 * (distance - 1.8)
        else:
            formula, height = f"{host}FeAsO{1 - doping:.3f}F{doping}", 40.0
        tc = height * max(1 - ((doping - 0.16) / 0.12) ** 2, 0.05) + random.normal()
        rows.append(
            training_row(
                f"{features.family}-{seed}-{number:03d}",
                formula,
                max(float(tc), 0.5),
                place,
                year=1986 + number % 12,
            )
        )
    return rows
