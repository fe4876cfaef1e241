"""Where the alphabet is cut into the shards of the site's search.

The borders are fixed: were they worked out anew each night, one paper would move them and change
every file. They cut the words of 7,000 papers on efficient language models into pieces of equal
size; ``python -m tests.bench.site_search --borders`` prints such a table. Other words make shards
less even, never wrong.
"""

from __future__ import annotations

__all__ = ["borders_for"]

#: As many shards as there are so many papers: each has some 4 kB.
_PAPERS_A_SHARD = 18
_FEWEST = 6

_TEXT = """
    1. 1.29 10. 11. 138 167x 2. 2.9 229 28. 3. 30. 355m 4. 425 5. 52k 60x 700 7k 86m 900k a0 abdur
    absor accelera accr accuracy achil acrossg actc actuat adapta additi ade adi advaith advp
    agentb agnosti aida akile algorithmb aligne alloca alongs altm amma analysis anam anda anin
    answerb appen applica approc appu architecture armo artb asd asso atd attenti attribute automa
    availa averi award axel backf balanca bangz baseb basem baud bedroo belov benchmarkd benf
    besta beyonda bieb bingxia bito blockbu bonas bottlenecko boyar bridge budgeta builde bypr
    cache calla caot capac carbonc cases ccel cey cham chanhy chas chena chengb chia chop chunka
    classif clog cnr code2 coef colleg coma commandr communica compari competito complexi compone
    compressa computa concu confidencec connecti consiste constraint constructo contenta contexta
    continui controll convf corea corro costa cour creati critica crus curb customd dain dasa
    dataa datasets dax decide decode decry deepsh degrat delive demot density deploym desig
    designs dete develope dewe dictionary differe dilipb directc disclosu distance distributi
    divers dixo domaina dongb downsc drama dropl dualv duel dynami e1 earlie edga effen efficie
    eigh elia embedd emp empo enan ende engl enho enterp environm erg espi estima evalua evenj
    evop excep executiongu exit exper experie experta exploitd expru extent extracto facet failo
    familia farzana fat federa fengb fidd finan finde fineg finetuni firstc fived flashattenti
    flic focusd fooz forb forgo foru fourf fran freea friendl fuc fullk fung future gaina gangu
    gatea gemma generati geome gilb gitl glue gopalak gpua gradienta grammarc greeno growa gua
    guida guoa haci hallu handle haolin hardware hase heada helme heterogene hierarchi highb highc
    highly hmmt hongme hotsp hu huab hugg huny hypera idah idf ilo impacto importa impu inact
    inclus incred ind indir iner inferc infinite informa initil inputa inst instructd integre
    interacti intern intro introduct invi isa ital jaehu jayanthi jiachi jiangw jidu jingj jits
    jonni junc jurk kaim karak kea kernelb keya khis klamo knowp koz kunli kvcache labelef lane
    language large latency latentc layera lci leade learna leave lengtha leshen levelw levi lia
    liana lift likel limo lineara lipo liub llama2 llma llmce localg loken longa longtao loria
    loua lowb lowlo lucb lym madee maint mainte maker manam manua mariana masso matha matrixb
    maxin meas mechani mehro memory mengd metaa methodn metricd micp mina minilm minp missionc
    mixa mlmd modali modela modo moegp monk morlo mpis mui multia multipar multiple mv naks native
    nazn needl neiw networka newa ngu nis noisie normalf novell npo numera obes observa ofa offe
    offlo oftent olivia onea online openas opera optima ordi orthogr outliera outpu outr overheada
    overlor packi panc papi paradl parallelc paramete parameterf partic passa patterna peal pengb
    performa perti phill pipei placet pluga policy poppi possi poth pp practit pre3 precisi
    predicti prelo preser preset preve primu pris problema processb product progressa promo
    prompt2 proposi proven provide pruned pulk qad qinf qkn quality quantiz quatt questiona r1
    raghave rana rank1 rari ration reacha realit reasonc recen recipi recurf reduce reducti
    redunda regardl reinforce relax relia remaind remas reper represe requesto requis resem
    resource respect restrik resum retar retrieva reven rft rishav rnna rohr ror routa ruder runa
    rxt safety samee sample sardan scalai scalea scend schen scoreg searcha seel select2 selfass
    semis separa sequo serva setf sevi shaha shaoy shayan shi1 shiw shota showc shudo sidet
    significa similari simplis singla situa sizef slat smagd smalles sodh solv sona sounda spacee
    sparse speca specifi specv speedupl spmd sss stagea standb statea stepa stilt storek strategy
    strengthe stronge structure studio subj subspace subste suffi sukj sunjoo supervise surger
    suyo symboli system1 t tailore tangd targeta taska teacha techno tender tern text2 thea ther
    thora threef throughputl tianwen timea titop tokena tokenb toolg tou tracke trae traina
    transfera transforme treea tros tulik tunec turnk twod typif ultracl undera understu unig
    unlim unstr upp user utili vajp valua varia variousg vec verifie viab vien visiona vladis vram
    wam wangb wasti weia weighta welco wenqi wich wildguardm withh withs worka workflowl worma wy
    xianl xiaoxian xinglu xln xueb yana yangd yaq yeshw yibo yik yire yongw yua yueb yunfen yuzhi
    zengf zhai zhangc zhaolu zhengyao zhiqi zhoua zia zixiaof
"""
_BORDERS = tuple(_TEXT.split())


def borders_for(papers: int) -> tuple[str, ...]:
    """Choose the borders for a part of so many papers.

    Returns
    -------
    tuple of str
        The first words of its shards, sorted; the first is empty. Their number doubles as the part
        grows, so that it hardly ever changes.
    """
    shards = _FEWEST
    while shards * _PAPERS_A_SHARD < papers and 2 * shards <= len(_BORDERS) + 1:
        shards *= 2
    step = (len(_BORDERS) + 1) / shards
    return ("", *(_BORDERS[round(n * step) - 1] for n in range(1, shards)))
