"""The fonts of our papers: cut once from the packaged Noto fonts, then the only fonts that WeasyPrint can see.

A whole Chinese font makes a paper slow and large, so papers use a cut of GB 2312, Latin and the rarer characters of names, as TrueType.
The whole fonts stand behind the cut for every other character. `fonts.conf` names this folder and no other, so that a font of the
machine can never slip into a paper.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import pylopdf_fonts_zh_cn as packaged
import uharfbuzz as hb
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from weasyprint.text.fonts import FontConfiguration

RECIPE = "1"  # raise it when the cut changes
SERIF, SANS = "Noto Serif SC Cut", "Noto Sans SC Cut"  # a stylesheet names the cut first and the whole font, without "Cut", behind it
CURVE_ERROR = 0.5  # how far a quadratic curve may leave the cubic one, in 1/1000 em
UNUSED_TABLES = (b"GSUB", b"GPOS", b"GDEF", b"BASE", b"VORG", b"vhea", b"vmtx", b"DSIG")

# Characters of enterprise and personal names that GB 2312 lacks, by code point; all are in the packaged fonts.
RARE = (
    "㕮㙍㛃㟃㧑㮾㳘㵑㸆㻬㼆㽏䃅䗖䜣䝙䥽䦃䴘䴙䶮佲佺俶倓倞偲儁兟冘冚凃勍卬卲厐叒叡吋唫啓啟喆喩嘢嚞囍國園圓圖團垕垚埼堃堉堌堯堽"
    "墺奭妘妡姮婳媖嫄嬅嬿孖宬寔屾峂峣崟嶓巘彣彥彧忞愷慜憙扆挊斆旂旸旻昇昉昪昰昺晙晞暐暠曈曌梣棪棽楒橚欻沄洺浡浥淏湉湜溁溦澔濛"
    "灝炆炘烜煐熀燊燚爀犇猋玙玚玠玥珅珣珵珺珽琇琎琤瑀瑄瑢瑨瑱璘璟璠璥璿瓘祎祐祕祾禔禛禤禵竑竢粦絢綎綖綝緈縡縯羕羴翀翃翚翯翾肸"
    "脩芃莀莙菂虓衎褀訢詠誾譞讱谞賨赟赪軒輗辒迺釗鋆鋐錡鍾鑛鑿锜锳镕镠閎闇雱霂靚頊頔頫顥颋飏飐馡駸骉骎骦髙鸮鹓麐黇龑龘𠙶𡎚𡐓𣲗"
    "𣲘𣸣𤧛𦈡𦒍𦝼𦭜𧿹𨐈𨙸𨟠𨱇𨱏𨱑𨱔𨺙𩽾𩾃𫄧𫄨𫄷𫄸𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊"
    "𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮"
    "𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)


def characters() -> set[int]:
    """Code points of the cut: GB 2312, ASCII, Latin-1, punctuation, and RARE."""
    gb2312 = {bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)}
    latin = {
        *range(0x20, 0x7F),
        *range(0xA0, 0x100),
        *range(0x2010, 0x2017),
        *range(0x2018, 0x2028),
        0x2030,
        0x20AC,
        0x2116,
        0x2122,
        0x2212,
    }
    full_width = {*range(0x3000, 0x3020), *range(0xFF01, 0xFF5F), 0x30FB, 0xFFE5}
    return {ord(letter) for letter in gb2312 if letter} | latin | full_width | {ord(letter) for letter in RARE}


def cut_fonts(folder: Path) -> bool:
    """Make the font folder; False when it is already up to date. Safe to run twice at once, and to kill."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if _is_current(folder):
            return False
        for left_by_a_killed_run in folder.parent.glob(".fonts-*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix=".fonts-", dir=folder.parent))
        try:
            _fill(fresh, folder)
            _swap(fresh, folder)
            _write_cache(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return True


@contextmanager
def only_our_fonts(folder: Path) -> Iterator[None]:
    """Within it, fontconfig reads our folder instead of the machine's fonts."""
    config = folder / "fonts.conf"
    if not config.is_file():
        raise RuntimeError(f"文书字体尚未生成：{folder}。请先运行 manage.py cut_fonts。")
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(config)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def printable(text: str) -> str:
    """Text with each character that no font of ours can draw written as 〔U+1F4C4〕: shown, never lost, never from another font."""
    return _unprintable().sub(lambda match: f"〔U+{ord(match[0]):04X}〕", text)


@cache
def _unprintable() -> re.Pattern[str]:
    faces = (hb.Face(hb.Blob.from_file_path(str(path))) for path in (packaged.serif_path(), packaged.sans_path()))
    known = set.union(*({point for point in face.unicodes if point >= 0x20} for face in faces)) | {0x0A}
    return re.compile(f"[^{''.join(_ranges(sorted(known - {0xAD})))}]")


def _ranges(points: list[int]) -> Iterator[str]:
    start = last = points[0]
    for point in [*points[1:], -1]:
        if point != last + 1:
            yield f"\\U{start:08x}-\\U{last:08x}"
            start = point
        last = point


def _is_current(folder: Path) -> bool:
    stamp, config = folder / "stamp", folder / "fonts.conf"
    return stamp.is_file() and stamp.read_text() == _stamp() and config.is_file() and config.read_text() == _config(folder)


def _stamp() -> str:
    wanted = "".join(map(chr, sorted(characters())))
    parts = (RECIPE, version("pylopdf-fonts-zh-cn"), str(packaged.serif_path()), version("fonttools"), version("uharfbuzz"), wanted)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _config(folder: Path) -> str:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        f"<fontconfig><dir>{folder / 'files'}</dir><cachedir>{folder / 'cache'}</cachedir></fontconfig>\n"
    )


def _fill(fresh: Path, folder: Path) -> None:
    """The cut fonts beside links to the whole ones. The stamp is written last."""
    files = fresh / "files"
    files.mkdir()
    (fresh / "cache").mkdir()
    jobs = [(packaged.serif_path(), files / "NotoSerifSC-Cut.ttf", SERIF), (packaged.sans_path(), files / "NotoSansSC-Cut.ttf", SANS)]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_cut, *zip(*jobs, strict=True)))
    for path in (packaged.serif_path(), packaged.sans_path()):
        (files / path.name).symlink_to(path)
    fresh.chmod(0o755)
    (fresh / "fonts.conf").write_text(_config(folder))
    (fresh / "stamp").write_text(_stamp())


def _swap(fresh: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=".fonts-old-", dir=folder.parent))
        folder.rename(old / "fonts")
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)


def _write_cache(folder: Path) -> None:
    """Fontconfig's cache of the folder, for processes that may not write there."""
    with only_our_fonts(folder):
        FontConfiguration()


def _cut(source: Path, target: Path, family: str) -> None:
    """Subset with HarfBuzz, then redraw the glyphs as quadratic curves: a TrueType font is subset faster for each paper."""
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(characters())
    wanted.flags = hb.SubsetFlags.DESUBROUTINIZE | hb.SubsetFlags.NO_HINTING
    wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in UNUSED_TABLES)
    face = hb.Face(hb.Blob.from_file_path(str(source)))
    font = TTFont(BytesIO(hb.subset(face, wanted).blob.data), recalcTimestamp=False)
    _to_truetype(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = family.replace(" ", "") if record.nameID == 6 else family
    font.save(target)


def _to_truetype(font: TTFont) -> None:
    outlines, order, glyphs = font.getGlyphSet(), font.getGlyphOrder(), {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, CURVE_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    for name, (advance, _bearing) in list(font["hmtx"].metrics.items()):
        glyphs[name].recalcBounds(font["glyf"])
        font["hmtx"][name] = (advance, getattr(glyphs[name], "xMin", 0))
    del font["CFF "]
    _truetype_header(font)


def _truetype_header(font: TTFont) -> None:
    font.sfntVersion = "\x00\x01\x00\x00"
    font["post"].formatType = 3.0  # no glyph names
    profile = font["maxp"]
    profile.tableVersion = 0x00010000
    profile.maxZones = 1
    for field in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements", "SizeOfInstructions"):
        setattr(profile, f"max{field}", 0)
    for field in ("Points", "Contours", "CompositePoints", "CompositeContours", "ComponentElements", "ComponentDepth"):
        setattr(profile, f"max{field}", 0)  # recalculated on saving


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
