// Entry file of the custom ECharts build served by the console: only the parts its charts use.
// Rebuild: npm install echarts@6.1.0 esbuild && npx esbuild entry.js --bundle --minify --format=iife --global-name=echarts --outfile=echarts.custom.min.js
export { init, use } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent, LegendComponent, AriaComponent, MarkLineComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, MarkLineComponent, CanvasRenderer]);
