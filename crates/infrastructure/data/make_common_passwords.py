"""Makes common-passwords.txt from the list that ships with the Python package django.

    pip download --no-deps django==5.2.19
    python3 make_common_passwords.py django-5.2.19-py3-none-any.whl > common-passwords.txt
"""

import gzip
import re
import sys
import unicodedata
import zipfile

LIST = "django/contrib/auth/common-passwords.txt.gz"
MIN_CHARS = 8  # shorter passwords are refused anyway

with zipfile.ZipFile(sys.argv[1]) as wheel:
    names = wheel.namelist()
    version = re.search(r"django-([0-9.]+)-", sys.argv[1]).group(1)
    licence = wheel.read(next(n for n in names if n.endswith("/licenses/LICENSE"))).decode()
    words = gzip.decompress(wheel.read(LIST)).decode().splitlines()

# Passwords are compared in NFKC and lower case.
words = {unicodedata.normalize("NFKC", word.strip()).lower() for word in words}
words = {word for word in words if len(word) >= MIN_CHARS}

header = f"""Common passwords of at least {MIN_CHARS} characters, lower case, sorted by bytes.
Source: Django {version}, {LIST},
a list of 20,000 made by Royce Williams. Made by make_common_passwords.py.
Licence (BSD-3-Clause):

{licence.strip()}"""
out = [f"# {line}".rstrip() for line in header.splitlines()]
out += ["", *sorted(words, key=str.encode)]
sys.stdout.buffer.write(("\n".join(out) + "\n").encode())
