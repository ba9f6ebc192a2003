// Moves what moves on a page: the figure, the needle, the trace and the clocks of each card, told ten times a second.
"use strict";
window.hinge = (() => {
  const SHOWN_S = 10; // of a trace
  const HIGH_DEG = 60, LOW_DEG = -30; // the trace's height
  const RAD = Math.PI / 180;
  const CALM_MS = 1000; // whoever wants things to move less sees them move once in so long
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const kept = new Map(), drawn = new Map();

  const along = (deg, length) => [length * Math.sin(deg * RAD), -length * Math.cos(deg * RAD)];
  const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
  const at = (p) => p[0].toFixed(1) + " " + p[1].toFixed(1);
  const clock = (s) => Math.floor(s / 60) + ":" + String(Math.floor(s % 60)).padStart(2, "0");

  function figure(svg, pelvis, thorax) {
    const known = pelvis ?? thorax;
    if (known === null) return;
    const low = pelvis ?? known, high = thorax ?? known, back = Math.sin(Math.min(Math.max(low, 0), 90) * RAD);
    const foot = [52, 124], hip = [52 - 15 * back, 78 + 3 * back], knee = [57 - 3 * back, 101];
    const middle = (low + high) / 2;
    const neck = add(hip, along(middle, 46));
    const shoulder = add(hip, along(middle, 41));
    const draw = (name, d) => svg.querySelector(name).setAttribute("d", d);
    draw(".legs", `M${at(hip)} L${at(knee)} L${at(foot)} l9 0`);
    draw(".back", `M${at(hip)} C${at(add(hip, along(low, 20)))} ${at(add(neck, along(high, -20)))} ${at(neck)}`);
    draw(".arm", `M${at(shoulder)} l0 36`);
    const behind = along(low - 90, 5);
    draw(".stick", `M${at(add(add(hip, behind), along(low, -4)))} L${at(add(add(hip, behind), along(low, 60)))}`);
    const head = add(neck, along(high, 10));
    svg.querySelector(".head").setAttribute("cx", head[0].toFixed(1));
    svg.querySelector(".head").setAttribute("cy", head[1].toFixed(1));
    svg.classList.toggle("halved", pelvis === null || thorax === null);
  }

  function line(points, which, from) {
    let d = "", pen = false;
    for (const point of points) {
      const value = point[which];
      if (value === null) { pen = false; continue; }
      const y = 100 * (HIGH_DEG - Math.min(Math.max(value, LOW_DEG), HIGH_DEG)) / (HIGH_DEG - LOW_DEG);
      d += (pen ? "L" : "M") + (200 * (point[0] - from) / SHOWN_S).toFixed(1) + " " + y.toFixed(1);
      pen = true;
    }
    return d;
  }

  function trace(card, points) {
    const svg = card.querySelector(".trace");
    if (!svg) return;
    let all = kept.get(card.id) ?? [];
    if (all.length && points[0][0] < all[all.length - 1][0]) all = [];
    all = all.concat(points);
    const from = all[all.length - 1][0] - SHOWN_S;
    all = all.slice(Math.max(0, all.findIndex((point) => point[0] >= from)));
    kept.set(card.id, all);
    return () => svg.querySelector(".line").setAttribute("d", line(all, 3, from));
  }

  function show(card, points) {
    const [, pelvis, thorax, spine] = points[points.length - 1];
    const draw = trace(card, points);
    const now = performance.now();
    if (calm.matches && now - (drawn.get(card.id) ?? -CALM_MS) < CALM_MS) return;
    drawn.set(card.id, now);
    figure(card.querySelector(".figure"), pelvis, thorax);
    draw?.();
    const high = Number(card.dataset.high), low = Number(card.dataset.low);
    card.style.setProperty("--spine", spine === null ? 0 : Math.min(Math.max(spine, LOW_DEG), HIGH_DEG));
    card.classList.toggle("unknown", spine === null);
    card.classList.toggle("over", spine !== null && (spine > high || (spine < low && (thorax ?? 0) > 25)));
    const degrees = card.querySelector(".degrees");
    if (degrees) degrees.textContent = spine === null ? "–" : Math.round(spine) + "°";
  }

  // The cards of a wall are as large as they can be and all be seen at once: [least width, least height] in rem, with
  // the trace of the back and without.
  const SIZES = { roomy: [19.5, 19], dense: [15, 14.6] };
  const LEAST = 0.84, MOST = 1.5, GAP = 0.5;
  let fitted = "";

  function fit() {
    const wall = document.querySelector(".wall");
    if (!wall) return;
    const n = wall.childElementCount, now = [n, innerWidth, innerHeight, Math.round(wall.offsetTop)].join();
    if (now === fitted || !n) return;
    fitted = now;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const wide = innerWidth / rem - GAP, high = (innerHeight - wall.offsetTop) / rem - GAP;
    const most = (size, most) => {
      let best = { scale: 0 };
      for (let columns = 1; columns <= n; columns++) {
        const width = wide / columns - GAP, row = high / Math.ceil(n / columns) - GAP;
        const scale = Math.min(width / size[0], row / size[1], most);
        if (scale > best.scale) best = { scale, columns, row };
      }
      return best;
    };
    const roomy = most(SIZES.roomy, MOST), dense = most(SIZES.dense, MOST);
    const style = roomy.scale >= 1 ? "roomy" : "dense", best = style === "roomy" ? roomy : dense;
    const fits = best.scale >= LEAST, root = document.documentElement.style;
    document.body.classList.toggle("fits", fits);
    document.body.classList.toggle("dense", style === "dense");
    root.setProperty("--scale", fits ? best.scale.toFixed(3) : 1);
    if (fits) root.setProperty("--columns", `repeat(${best.columns}, minmax(0, 1fr))`);
    else root.removeProperty("--columns");
    root.setProperty("--row", fits ? `${Math.min(best.row, SIZES[style][1] * best.scale).toFixed(2)}rem` : "auto");
  }
  addEventListener("resize", fit);

  function tell(updates) {
    fit();
    for (const [id, points, ago, rest] of updates) {
      const card = document.getElementById(id);
      if (!card) continue;
      if (points.length) show(card, points);
      const told = card.querySelector(".ago"), resting = card.querySelector(".rest");
      if (told) told.textContent = ago === null ? "" : told.dataset.say.replace("#", ago);
      if (resting) resting.textContent = rest === null ? "" : clock(rest);
    }
  }

  let playing = 0;
  function play(id, points, speed) {
    const card = document.getElementById(id), turn = ++playing, began = performance.now();
    let next = 0;
    const step = (now) => {
      if (turn !== playing || !card.isConnected) return;
      const until = points[0][0] + speed * (now - began) / 1000, first = next;
      while (next < points.length && points[next][0] <= until) next++;
      if (next > first) show(card, points.slice(first, next));
      card.dataset.played = next;
      if (next < points.length) requestAnimationFrame(step);
    };
    kept.delete(id);
    if (points.length) requestAnimationFrame(step);
  }

  return { tell, play, stop: () => { playing++; } };
})();
