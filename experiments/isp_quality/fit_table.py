"""How near `isp_env.fitting` comes, as Markdown tables: `python -m experiments.isp_quality.fit_table RAWS... [--only NAMES]`.

"planted": parameters drawn with their usual spread, rendered at full size and by the proxy itself, and found again; errors in half
widths of a parameter's range. "pictures": LibRaw's own rendering (AHD, its sRGB), our render in looks that the fitted profile has no
parameter for, and the camera default through a tone curve of sixteen drawn steps; mean Delta E 2000 at the proxies' size after
the parameters, after a curve and after a 3D table on top, both judged where they were not fitted: "image", on squares of a
chessboard over each picture in turn, and "set", fitted on the other scenes. "search": the same distance descended by Gauss and
Newton's steps, by Adam through the ISP's own gradient and by CMA-ES, each for as much process time as the first takes; proxies alone.
"""
