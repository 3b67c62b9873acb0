// Draws each <figure class="chart"> from the table inside it, so that a chart and its table can never differ.
// The table's first column is the category; every other column with data-series is one series; cells carry data-value.
(function () {
  "use strict";
  const style = getComputedStyle(document.documentElement);
  const color = function (name) { return style.getPropertyValue(name).trim(); };
  const tones = function () {
    return { accent: color("--accent"), grey: "#aab3bf", soft: "#d5dae0", ok: color("--ok"), watch: "#e3bd62", amber: "#d98a3d", late: "#c8502f", dark: "#933018", darker: "#5e1d0f", darkest: "#33100a" };
  };

  function read(figure) {
    const table = figure.querySelector("table");
    const heads = Array.from(table.tHead.rows[0].cells);
    const rows = Array.from(table.tBodies[0].rows);
    const series = [];
    heads.forEach(function (head, column) {
      if (!head.hasAttribute("data-series")) return;
      series.push({
        name: head.textContent.trim(), tone: head.dataset.tone || "grey", kind: head.dataset.series,
        values: rows.map(function (row) { const raw = row.cells[column].dataset.value; return raw === undefined || raw === "" ? null : Number(raw); }),
        shown: rows.map(function (row) { return row.cells[column].textContent.trim(); }),
      });
    });
    return { categories: rows.map(function (row) { return row.cells[0].textContent.trim(); }), series: series };
  }

  function seriesOption(item, index, figure, last) {
    const tone = tones()[item.tone] || tones().grey;
    const base = { name: item.name, data: item.values, animation: false, emphasis: { disabled: true }, itemStyle: { color: tone } };
    if (item.kind === "line") {
      return Object.assign(base, {
        type: "line", symbol: "none", lineStyle: { color: tone, width: 2 },
        endLabel: { show: true, formatter: item.name, color: tone, fontSize: 13 },
      });
    }
    return Object.assign(base, { type: "bar", barGap: "5%", barCategoryGap: "35%", stack: figure.dataset.chart === "stacked" ? "all" : undefined });
  }

  // Lines that the names of the series take beside each other: a mark and a gap, and 13 pixels for each Chinese letter, 7 for others.
  function legendLines(series, width) {
    const lines = series.reduce(function (told, item) {
      const wide = Array.from(item.name).reduce(function (sum, letter) { return sum + (letter > "\u2e80" ? 13 : 7); }, 36);
      return told.left < wide ? { count: told.count + 1, left: width - wide } : { count: told.count, left: told.left - wide };
    }, { count: 1, left: width });
    return lines.count;
  }

  function option(figure) {
    const data = read(figure);
    const lines = data.series.some(function (item) { return item.kind === "line"; });
    const bottom = figure.dataset.chart === "stacked" || !lines;
    const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13, color: color("--ink-soft") };
    const scale = Number(figure.dataset.divisor || 1);
    // A few bars with long names: each name is shown, broken to the width of its bar.
    const room = Math.floor((figure.clientWidth - 90) / Math.max(data.categories.length, 1)) - 8;
    const names = bottom && data.series.length > 1;
    const more = names ? legendLines(data.series, figure.clientWidth) - 1 : 0;
    const beside = names && !more && legendLines(data.series, figure.clientWidth - 80) > 1; // no room for the unit beside the names
    const top = 34 + (more ? more * 29 + 14 : beside ? 22 : 0);
    const few = !lines && data.categories.length <= 5 && room > 40 ? { interval: 0, hideOverlap: false, width: room, overflow: "break", lineHeight: 16 } : {};
    return {
      textStyle: font, aria: { enabled: false },
      grid: { left: 8, right: lines ? 90 : 12, top: top, bottom: 4, containLabel: true },
      legend: { show: names, top: 0, right: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, textStyle: font, selectedMode: false },
      tooltip: {
        trigger: "axis", renderMode: "richText", textStyle: { fontSize: 13 },
        formatter: function (points) {
          return points[0].axisValue + "\n" + points.map(function (point) {
            return point.seriesName + "  " + data.series[point.seriesIndex].shown[point.dataIndex];
          }).join("\n");
        },
      },
      xAxis: { type: "category", data: data.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: "#b9c0c9" } }, axisLabel: Object.assign({ color: font.color, fontSize: 13, hideOverlap: true }, few) },
      yAxis: {
        type: "value", name: figure.dataset.unit || "", nameTextStyle: { align: "left", color: font.color, fontSize: 13 }, nameGap: 14,
        min: function (range) { return Math.min(0, range.min); },
        axisLabel: { color: font.color, fontSize: 13, formatter: function (value) { return (value / scale).toLocaleString("en").replace("-", "−"); } },
        splitLine: { lineStyle: { color: "#eceff2" } }, splitNumber: 4,
      },
      series: data.series.map(function (item, index) { return seriesOption(item, index, figure, index === data.series.length - 1); }),
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector(".chart-canvas");
    if (!canvas || canvas.dataset.drawn || typeof echarts === "undefined") return;
    canvas.dataset.drawn = "yes";
    figure.querySelectorAll("details[data-chart-table]").forEach(function (table) { table.open = false; });
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    chart.setOption(option(figure));
    new ResizeObserver(function () { chart.resize(); }).observe(canvas);
  }

  function drawAll(root) { root.querySelectorAll("figure.chart").forEach(draw); }
  document.addEventListener("DOMContentLoaded", function () { drawAll(document); });
  document.addEventListener("htmx:afterSettle", function (event) { drawAll(event.target); });
})();
