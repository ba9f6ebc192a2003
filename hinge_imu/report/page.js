"use strict";
(() => {
  const paper = matchMedia("print");
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const narrow = () => innerWidth < 600;

  function themed(div) {
    const coloured = (_, value) => (typeof value === "string" && value.startsWith("--") ? color(value) : value);
    const figure = JSON.parse(div.nextElementSibling.textContent, coloured);
    const layout = figure.layout;
    const axis = { gridcolor: color("--line"), zerolinecolor: color("--faint"), automargin: true };
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(name)) layout[name] = { ...axis, ...layout[name] };
    }
    return {
      data: figure.data,
      layout: {
        margin: { l: 8, r: 12, t: 12, b: 8 },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: color("--ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
        hoverlabel: { bgcolor: color("--card"), font: { color: color("--ink") } },
        dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
        ...layout,
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)", ...layout.legend },
      },
    };
  }

  function draw(div, width) {
    const { data, layout } = themed(div);
    if (width) layout.width = width;
    if (narrow() && layout.height) layout.height = Math.round(layout.height * 0.92);
    const options = { responsive: !width, displayModeBar: false, displaylogo: false, showTips: false };
    div.dataset.drawn = "yes";
    Plotly.react(div, data, layout, options);
  }

  const plots = [...document.querySelectorAll(".plot")];
  const near = new IntersectionObserver(
    (seen) => {
      for (const each of seen) {
        if (each.isIntersecting && !each.target.dataset.drawn) draw(each.target);
      }
    },
    { rootMargin: "1200px" },
  );
  plots.forEach((div) => near.observe(div));

  const again = () => plots.filter((div) => div.dataset.drawn).forEach((div) => draw(div));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  // 182 mm, an A4 page between its margins, in CSS pixels.
  paper.addEventListener("change", (on) => plots.forEach((div) => (on.matches ? draw(div, 680) : draw(div))));
})();
