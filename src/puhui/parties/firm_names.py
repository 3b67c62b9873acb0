"""What of a firm's name tells it from others: the same firm is written in many ways, and most of the difference means nothing.

A registered name has four parts: place, style (字号), trade, and legal form: 杭州市 + 清溪 + 竹木制品 + 有限公司 (Regulation on the
administration of enterprise names, 2020, art. 6). Invoices, contracts and bank rows leave out the place, write the form short, use
full-width letters, brackets of either kind, or traditional characters. `parse` takes these apart; `core` (style and trade) is what two
names are compared by. A branch (分公司) is a party of its own, so the word stays in the core. Pure: text in, parts out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Name", "parse", "simplified"]

_PAIRS = (
    "東东廣广慶庆華华興兴業业貿贸電电設设備备機机廠厂車车輪轮綠绿農农產产製制藝艺術术術术飾饰傢家裝装飲饮館馆務务發发國国際际"
    "聯联鄉乡鎮镇縣县區区區区灣湾島岛陽阳陰阴龍龙鳳凤鳥鸟馬马魚鱼鴻鸿鵬鹏鷹鹰齊齐寶宝寧宁實实導导專专將将層层嶺岭幣币師师帶带廈厦"
    "從从復复德德憶忆應应懷怀戰战戶户據据揚扬搖摇損损擔担數数斷断時时書书會会條条極极樂乐樓楼樹树橋桥檔档檢检櫃柜歐欧歲岁"
    "歷历氣气漢汉滬沪淨净淺浅溫温準准滿满漁渔潔洁潤润濟济濱滨熱热燈灯爐炉獎奖環环現现瑪玛璽玺畫画當当療疗盛盛監监盤盘碼码"
    "禮礼種种稱称積积穩稳筆笔節节範范築筑簡简糧粮紅红紙纸級级紡纺細细紹绍終终組组結结給给絲丝經经維维網网綜综線线緣缘練练縫缝"
    "總总績绩織织繡绣續续義义習习聖圣聞闻職职聲声膠胶與与舉举艦舰莊庄萬万葉叶著着蓋盖蘇苏蘭兰處处號号衛卫裏里補补製制複复見见"
    "規规視视覽览計计訊讯訓训記记許许診诊評评詩诗話话誠诚語语誼谊調调請请諾诺謝谢證证識识譯译議议護护讀读豐丰貝贝財财貨货"
    "責责貴贵買买費费資资賓宾賞赏賣卖質质購购賽赛贏赢趙赵軍军軒轩軟软軸轴較较載载輔辅輕轻輝辉輸输轉转辦办農农運运過过達达遠远"
    "適适選选遼辽邊边郵邮鄭郑醫医釀酿釋释針针鈑钣鋁铝鋼钢錄录錢钱錦锦錫锡鍋锅鍵键鎖锁鏡镜鐘钟鐵铁鑄铸鑫鑫長长門门開开閃闪間间"
    "閣阁關关陳陈陸陆階阶際际隨随險险雙双雜杂離离難难雲云電电靈灵頂顶順顺預预領领頭头題题顏颜願愿類类顧顾風风飛飞飯饭養养餐餐"
    "餘余駿骏驗验體体鮮鲜鳴鸣麗丽麥麦黃黄點点黨党齒齿責责團团園园圓圆圖图執执場场塊块塑塑堅坚報报墻墙壓压壯壮聯联夢梦奧奥婦妇"
    "媽妈學学孫孙宮宫寫写對对屬属勞劳動动勝胜勢势匯汇協协卻却參参員员問问啟启單单嚴严個个來来倉仓們们價价億亿優优儀仪儲储兒儿"
    "內内兩两冊册凍冻凱凯劃划剛刚創创劉刘劑剂"
)
_SIMPLIFIED = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))

_FORMS = (
    ("股份有限公司", "stock"), ("股份公司", "stock"), ("有限责任公司", "limited"), ("有限公司", "limited"), ("责任公司", "limited"),
    ("农民专业合作社", "cooperative"), ("专业合作社", "cooperative"), ("合作社", "cooperative"), ("个体工商户", "individual"),
    ("普通合伙", "partnership"), ("有限合伙", "partnership"), ("个人独资", "sole"), ("公司", "company"),
)  # fmt: skip

_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|"
    "内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_PROVINCE = re.compile(rf"^中国?(?={_PROVINCES})|^(?:{_PROVINCES})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|特别行政区)?")
_PLACE = re.compile(r"^([\u4e00-\u9fff]{2,3}?)(?:市|县|区|旗|自治州|自治县)")
_BRACKET = re.compile(r"\(([^()]*)\)")
_LEAST_CORE = 2


@dataclass(frozen=True)
class Name:
    """`whole`: characters made alike, nothing left out; `core`: style and trade; `form`: limited, stock, …, or empty where none is told;
    `places`: what was before the core, or in brackets."""

    whole: str
    core: str
    form: str
    places: tuple[str, ...] = ()


def simplified(text: str) -> str:
    """Traditional characters that occur in names of firms, made simplified; others stay."""
    return text.translate(_SIMPLIFIED)


def parse(text: str) -> Name:
    """The parts of a name. Normalising what is normalised changes nothing: parse(parse(t).whole) is parse(t)."""
    plain = simplified(unicodedata.normalize("NFKC", text)).upper()
    plain = plain.translate(str.maketrans("〔〕【】[]", "()()()"))
    whole = re.sub(r"[\s·•.,、,。'\"“”‘’_-]", "", plain)
    in_brackets = [inner for inner in _BRACKET.findall(whole) if inner]
    rest, form = _without_form(_BRACKET.sub("", whole))
    for inner in in_brackets:
        form = form or dict(_FORMS).get(inner, "")
    rest, places = _without_places(rest)
    places += [inner for inner in in_brackets if inner not in dict(_FORMS)]
    return Name(whole, rest, form, tuple(places))


def _without_form(text: str) -> tuple[str, str]:
    if text.endswith("分公司"):  # a branch is not its company
        return text, "branch"
    if text in dict(_FORMS):
        return text, ""
    for ending, form in _FORMS:
        if text.endswith(ending) and len(text) - len(ending) >= _LEAST_CORE:
            return text.removesuffix(ending), form
    return text, ""


def _without_places(text: str) -> tuple[str, list[str]]:
    """Places at the front, as long as two characters of a name are left behind them."""
    places: list[str] = []
    for pattern in (_PROVINCE, _PLACE, _PLACE):
        found = pattern.match(text)
        if found and len(text) - found.end() >= _LEAST_CORE:
            places.append(found.group())
            text = text[found.end() :]
    return text, places
