// Drivers that make devices of the nodes below their own, in their probe: of_platform_populate() and
// the like, as v6.1, v6.12 and v7.3 have them. Drivers of devices without DMA below I2C, SPI and SPMI
// are left out, and so are those of architectures that have none of the IOMMUs here.

import { compatibleOf, type FdtNode } from '../../../firmware/fdt/index.ts';
import { busNodes } from '../tables.ts';

/** A driver that makes devices. */
export interface MakingDriver {
  readonly name: string;
  /** The first kernel of the three that has it, null for all. */
  readonly since: 'v6.12' | 'v7.3' | null;
  /** Of the nodes that become devices, those whose children do so, too. */
  readonly buses: readonly string[];
  /** A child that becomes a device by its name, whatever `compatible` it has. */
  readonly named: string | null;
  /** It comes before the drivers of IOMMUs. */
  readonly early: boolean;
}

/**
 * A driver on a line of its own; behind `>` what it enters below its node, behind `+` a child that it
 * makes a device of by name. Indented, what it binds to: behind `v6.12` what v6.1 does not have.
 */
const early = `
arm-cci
    arm,cci-400 arm,cci-500 arm,cci-550
clk-imx8ulp-sim-lpav
    v7.3 fsl,imx8ulp-sim-lpav
clk-mt2701-aud
    mediatek,mt2701-audsys
clk-mt7622-aud
    mediatek,mt7622-audsys
clk-mt8183-audio
    mediatek,mt8183-audiosys
clk-mt8192-aud
    mediatek,mt8192-audsys
exynos-pmu
    samsung,exynos3250-pmu samsung,exynos4210-pmu samsung,exynos4412-pmu samsung,exynos5250-pmu
    samsung,exynos5410-pmu samsung,exynos5420-pmu samsung,exynos5433-pmu samsung,exynos7-pmu
    samsung,exynos850-pmu v6.12 google,gs101-pmu samsung,exynos4212-pmu
exynos-usi
    samsung,exynos850-usi v7.3 samsung,exynos8895-usi
gcc-ipq806x
    qcom,gcc-ipq8064
gcc-msm8960
    qcom,gcc-msm8960 qcom,gcc-apq8064
geni_se_qup
    qcom,geni-se-qup v6.12 qcom,geni-se-i2c-master-hub v7.3 qcom,sa8255p-geni-se-qup
gsbi
    qcom,gsbi-v1.0.0
hisi-lpc
    hisilicon,hip06-lpc hisilicon,hip07-lpc
imx-aipstz > simple-bus
    v7.3 fsl,imx8mp-aipstz
imx-weim > default
    fsl,imx1-weim fsl,imx27-weim fsl,imx50-weim fsl,imx6q-weim fsl,imx51-weim
imx8m-blk-ctrl
    v6.12 fsl,imx8mm-vpu-blk-ctrl fsl,imx8mm-disp-blk-ctrl fsl,imx8mn-disp-blk-ctrl
    fsl,imx8mp-media-blk-ctrl fsl,imx8mq-vpu-blk-ctrl fsl,imx8mp-vpu-blk-ctrl
imx93-blk-ctrl
    v7.3 fsl,imx91-media-blk-ctrl fsl,imx93-media-blk-ctrl
imx93_src
    fsl,imx93-src
imx95-blk-ctl
    v6.12 nxp,imx95-camera-csr nxp,imx95-display-master-csr nxp,imx95-lvds-csr nxp,imx95-display-csr
    nxp,imx95-vpu-csr nxp,imx95-netcmix-blk-ctrl v7.3 nxp,imx94-display-csr nxp,imx94-lvds-csr
    nxp,imx95-hsio-blk-ctl
mpfs-mss-top-sysreg
    v7.3 microchip,mpfs-mss-top-sysreg
mt-pmic-pwrap
    mediatek,mt2701-pwrap mediatek,mt6765-pwrap mediatek,mt6779-pwrap mediatek,mt6797-pwrap
    mediatek,mt6873-pwrap mediatek,mt7622-pwrap mediatek,mt8135-pwrap mediatek,mt8173-pwrap
    mediatek,mt8183-pwrap mediatek,mt8186-pwrap mediatek,mt8195-pwrap mediatek,mt8516-pwrap v6.12
    mediatek,mt6795-pwrap mediatek,mt8365-pwrap
mtk-dvfsrc
    v7.3 mediatek,mt6893-dvfsrc mediatek,mt8183-dvfsrc mediatek,mt8195-dvfsrc mediatek,mt8196-dvfsrc
mvebu-icu
    marvell,cp110-icu
omap-ocp2scp
    ti,omap-ocp2scp ti,am437x-ocp2scp
pruss
    ti,am3356-pruss ti,am4376-pruss0 ti,am4376-pruss1 ti,am5728-pruss ti,k2g-pruss ti,am654-icssg
    ti,j721e-icssg ti,am642-icssg ti,am625-pruss
pwmss
    ti,am33xx-pwmss
qcom-ebi2
    qcom,msm8660-ebi2 qcom,apq8060-ebi2
qcom-ssc-block-bus
    qcom,ssc-block-bus
r9a06g032-sysctrl
    renesas,r9a06g032-sysctrl
rockchip-pinctrl
    rockchip,px30-pinctrl rockchip,rv1108-pinctrl rockchip,rv1126-pinctrl rockchip,rk2928-pinctrl
    rockchip,rk3036-pinctrl rockchip,rk3066a-pinctrl rockchip,rk3066b-pinctrl
    rockchip,rk3128-pinctrl rockchip,rk3188-pinctrl rockchip,rk3228-pinctrl rockchip,rk3288-pinctrl
    rockchip,rk3308-pinctrl rockchip,rk3328-pinctrl rockchip,rk3368-pinctrl rockchip,rk3399-pinctrl
    rockchip,rk3568-pinctrl rockchip,rk3588-pinctrl v6.12 rockchip,rk3576-pinctrl v7.3
    rockchip,rv1103b-pinctrl rockchip,rv1106-pinctrl rockchip,rk3506-pinctrl rockchip,rk3528-pinctrl
    rockchip,rk3562-pinctrl
rpmh
    qcom,rpmh-rsc
simple-pm-bus
    simple-pm-bus v7.3 fsl,ls1021a-scfg fsl,ls1043a-scfg fsl,ls1046a-scfg fsl,ls1088a-isc
    fsl,ls2080a-isc fsl,lx2160a-isc
stm32-dbg-bus
    v7.3 st,stm32mp131-dbg-bus st,stm32mp151-dbg-bus
stm32-etzpc
    v6.12 st,stm32-etzpc
stm32-rifsc
    v6.12 st,stm32mp25-rifsc v7.3 st,stm32mp21-rifsc
sun50i-de2-bus
    allwinner,sun50i-a64-de2
sunxi-sram
    allwinner,sun4i-a10-sram-controller allwinner,sun4i-a10-system-control
    allwinner,sun5i-a13-system-control allwinner,sun8i-a23-system-control
    allwinner,sun8i-h3-system-control allwinner,sun20i-d1-system-control
    allwinner,sun50i-a64-sram-controller allwinner,sun50i-a64-system-control
    allwinner,sun50i-h5-system-control allwinner,sun50i-h616-system-control v7.3
    allwinner,sun55i-a523-system-control
tegra-aconnect
    nvidia,tegra210-aconnect
tegra-gmi > default
    nvidia,tegra20-gmi nvidia,tegra30-gmi
ti-sysc > simple-bus
    ti,sysc-omap2 ti,sysc-omap2-timer ti,sysc-omap4 ti,sysc-omap4-timer ti,sysc-omap4-simple
    ti,sysc-omap3430-sr ti,sysc-omap3630-sr ti,sysc-omap4-sr ti,sysc-omap3-sham ti,sysc-omap-aes
    ti,sysc-mcasp ti,sysc-dra7-mcasp ti,sysc-usb-host-fs ti,sysc-dra7-mcan ti,sysc-pruss
uniphier-system-bus > default
    socionext,uniphier-system-bus
wiz
    ti,j721e-wiz-16g ti,j721e-wiz-10g ti,am64-wiz-10g ti,j7200-wiz-10g v6.12 ti,j784s4-wiz-10g
    ti,j721s2-wiz-10g v7.3 ti,j722s-wiz-10g
`;

/** In folders that are linked behind those of IOMMUs. */
const late = `
am65-cpsw-nuss
    ti,am654-cpsw-nuss ti,j721e-cpsw-nuss ti,am642-cpsw-nuss ti,j7200-cpswxg-nuss v6.12
    ti,j721e-cpswxg-nuss ti,j784s4-cpswxg-nuss v7.3 ti,j722s-cpsw-nuss
amphion-vpu
    nxp,imx8qxp-vpu nxp,imx8qm-vpu
aspeed-g6-pwm-tach
    v6.12 aspeed,ast2600-pwm-tach v7.3 aspeed,ast2700-pwm-tach
ath10k_snoc + wifi-firmware
    qcom,wcn3990-wifi
ath11k_ahb + wifi-firmware
    qcom,wcn6750-wifi
atmel-ebi
    atmel,at91sam9260-ebi atmel,at91sam9261-ebi atmel,at91sam9263-ebi0 atmel,at91sam9263-ebi1
    atmel,at91sam9rl-ebi atmel,at91sam9g45-ebi atmel,at91sam9x5-ebi atmel,sama5d3-ebi
    microchip,sam9x60-ebi
atmel_flexcom
    atmel,sama5d2-flexcom
caam
    fsl,sec-v4.0 fsl,sec4.0
cdns3-imx
    fsl,imx8qm-usb3
cdns3-starfive
    v6.12 starfive,jh7110-usb
cdns3-ti
    ti,j721e-usb ti,am64-usb
cpsw
    ti,cpsw ti,am335x-cpsw ti,am4372-cpsw ti,dra7-cpsw
cpsw-switch
    ti,cpsw-switch ti,am335x-cpsw-switch ti,am4372-cpsw-switch ti,dra7-cpsw-switch
dwc3-am62
    ti,am62-usb
dwc3-meson-g12a
    amlogic,meson-gxl-usb-ctrl amlogic,meson-gxm-usb-ctrl amlogic,meson-axg-usb-ctrl
    amlogic,meson-g12a-usb-ctrl amlogic,meson-a1-usb-ctrl
dwc3-of-simple
    rockchip,rk3399-dwc3 sprd,sc9860-dwc3 allwinner,sun50i-h6-dwc3 hisilicon,hi3670-dwc3
    intel,keembay-dwc3 v6.12 hisilicon,hi3798mv200-dwc3
dwc3-qcom
    qcom,dwc3
dwc3-xilinx
    xlnx,zynqmp-dwc3 xlnx,versal-dwc3
exynos-acpm-protocol
    v7.3 google,gs101-acpm-ipc
exynos-dwc3
    samsung,exynos5250-dwusb3 samsung,exynos5433-dwusb3 samsung,exynos7-dwusb3 v6.12
    samsung,exynos850-dwusb3 google,gs101-dwusb3 v7.3 samsung,exynos2200-dwusb3
    samsung,exynos7870-dwusb3 samsung,exynosautov920-dwusb3
exynos-lpass
    samsung,exynos5433-lpass
exynos-srom
    samsung,exynos4210-srom
exynos4-fimc-is
    samsung,exynos4212-fimc-is
fsl-fman
    fsl,fman
fsl-ifc > default
    fsl,ifc
gemini-ethernet-port
    cortina,gemini-ethernet
imx-scu
    fsl,imx-scu
imx8-dc
    v7.3 fsl,imx8qxp-dc
imx8-dc-display-engine
    v7.3 fsl,imx8qxp-dc-display-engine
imx8-dc-pixel-engine
    v7.3 fsl,imx8qxp-dc-pixel-engine
imx8mp-dwc3
    fsl,imx8mp-dwc3
imx_mu
    v6.12 fsl,imx7ulp-mu fsl,imx6sx-mu fsl,imx8ulp-mu fsl,imx8ulp-mu-s4 fsl,imx93-mu-s4 fsl,imx95-mu
    fsl,imx95-mu-ele fsl,imx95-mu-v2x fsl,imx8-mu-scu fsl,imx8-mu-seco
j721e-csi2rx
    v6.12 ti,j721e-csi2rx-shim
k3_r5_rproc
    ti,am654-r5fss ti,j721e-r5fss ti,j7200-r5fss ti,am64-r5fss ti,j721s2-r5fss v6.12 ti,am62-r5fss
keystone-dwc3
    ti,keystone-dwc3 ti,am654-dwc3
mediatek-drm-hdmi-v2
    v7.3 mediatek,mt8188-hdmi-tx mediatek,mt8195-hdmi-tx
meson-sm
    amlogic,meson-gxbb-sm
msm-mdss
    qcom,mdss qcom,msm8998-mdss qcom,qcm2290-mdss qcom,sdm845-mdss qcom,sc7180-mdss qcom,sc7280-mdss
    qcom,sc8180x-mdss qcom,sm8150-mdss qcom,sm8250-mdss v6.12 qcom,sdm670-mdss qcom,sc8280xp-mdss
    qcom,sm6115-mdss qcom,sm6125-mdss qcom,sm6350-mdss qcom,sm6375-mdss qcom,sm7150-mdss
    qcom,sm8350-mdss qcom,sm8450-mdss qcom,sm8550-mdss qcom,sm8650-mdss qcom,x1e80100-mdss v7.3
    qcom,eliza-mdss qcom,glymur-mdss qcom,kaanapali-mdss qcom,milos-mdss qcom,qcs8300-mdss
    qcom,sa8775p-mdss qcom,sar2130p-mdss qcom,sm6150-mdss qcom,sm8750-mdss
mtk-jpeg
    v6.12 mediatek,mt8195-jpgenc mediatek,mt8195-jpgdec
mtk-scp
    v6.12 mediatek,mt8188-scp-dual mediatek,mt8195-scp-dual
mtk-vcodec-dec
    mediatek,mt8173-vcodec-dec mediatek,mt8183-vcodec-dec mediatek,mt8192-vcodec-dec
    mediatek,mt8186-vcodec-dec mediatek,mt8195-vcodec-dec mediatek,mt8188-vcodec-dec
mtu3
    mediatek,mt8173-mtu3 mediatek,mtu3
musb-da8xx
    ti,da830-musb
musb-mtk
    mediatek,mtk-musb
mvebu-devbus
    marvell,mvebu-devbus marvell,orion-devbus
mx25-tsadc
    fsl,imx25-tsadc
nxp-netc-blk-ctrl
    v7.3 nxp,imx95-netc-blk-ctrl nxp,imx94-netc-blk-ctrl
omap-dwc3
    ti,dwc3 ti,am437x-dwc3
omap-gpmc
    ti,omap2420-gpmc ti,omap2430-gpmc ti,omap3430-gpmc ti,omap4430-gpmc ti,am3352-gpmc ti,am64-gpmc
omapdss_dss
    ti,omap2-dss ti,omap3-dss ti,omap4-dss ti,omap5-dss ti,dra7-dss
pm8xxx-core
    qcom,pm8058 qcom,pm8821 qcom,pm8921
qcom-rpm-proc
    v6.12 qcom,rpm-proc
qcom-venus + video-firmware
    qcom,msm8916-venus qcom,msm8996-venus qcom,sdm660-venus qcom,sdm845-venus qcom,sdm845-venus-v2
    qcom,sc7180-venus qcom,sc7280-venus qcom,sm8250-venus v6.12 qcom,msm8998-venus v7.3
    qcom,msm8939-venus qcom,qcm2290-venus
qcom_rpm
    qcom,rpm-apq8064 qcom,rpm-msm8660 qcom,rpm-msm8960 qcom,rpm-ipq8064 qcom,rpm-mdm9615
rtk-dwc3
    v6.12 realtek,rtd-dwc3
rzv2m-usb3drd
    v6.12 renesas,rzv2m-usb3drd
s5p-fimc-md
    v6.12 samsung,fimc
sa2ul
    ti,j721e-sa2ul ti,am654-sa2ul ti,am64-sa2ul ti,am62-sa3ul
scpi_protocol
    arm,scpi-pre-1.0 arm,scpi
ssbi
    qcom,ssbi
sti-display-subsystem
    st,sti-display-subsystem
stm32-adc-core
    st,stm32f4-adc-core st,stm32h7-adc-core st,stm32mp1-adc-core v6.12 st,stm32mp13-adc-core
stm32-dac-core
    st,stm32f4-dac-core st,stm32h7-dac-core
stm32-dfsdm
    st,stm32h7-dfsdm st,stm32mp1-dfsdm
stm32-lptimer
    st,stm32-lptimer
stm32-omm
    v7.3 st,stm32mp25-omm
stm32-sai
    st,stm32f4-sai st,stm32h7-sai v7.3 st,stm32mp25-sai
stm32-timers
    st,stm32-timers v7.3 st,stm32mp25-timers
stm32_fmc2_ebi
    st,stm32mp1-fmc2-ebi v6.12 st,stm32mp25-fmc2-ebi
stratix10-svc > default
    intel,stratix10-svc intel,agilex-svc
tegra-bpmp > default
    nvidia,tegra186-bpmp nvidia,tegra210-bpmp
tegra-display-hub
    nvidia,tegra194-display nvidia,tegra186-display
tegra-host1x
    nvidia,tegra234-host1x nvidia,tegra194-host1x nvidia,tegra186-host1x nvidia,tegra210-host1x
    nvidia,tegra124-host1x nvidia,tegra114-host1x nvidia,tegra30-host1x nvidia,tegra20-host1x v7.3
    nvidia,tegra264-host1x
tegra-mc
    nvidia,tegra186-mc nvidia,tegra194-mc nvidia,tegra234-mc v7.3 nvidia,tegra238-mc
    nvidia,tegra264-mc
tegra210-ahub
    nvidia,tegra210-ahub nvidia,tegra186-ahub nvidia,tegra234-ahub v7.3 nvidia,tegra264-ahub
tegra30-ahub
    nvidia,tegra124-ahub nvidia,tegra114-ahub nvidia,tegra30-ahub
ti-aemif
    ti,davinci-aemif ti,da850-aemif
ti-j721e-ufs
    ti,j721e-ufs
ti-sci
    ti,k2g-sci ti,am654-sci
usb-st-dwc3
    st,stih407-dwc3
usbhs_omap
    ti,usbhs-host
zynqmp_firmware
    xlnx,zynqmp-firmware xlnx,versal-firmware v7.3 xlnx,versal-net-firmware
zynqmp_r5_remoteproc
    v6.12 xlnx,versal-net-r52fss xlnx,versal-r5fss xlnx,zynqmp-r5fss
`;

/** On other buses than the platform bus: of rpmsg, and of what speaks APR or GPR to a DSP. */
const elsewhere = `
qcom,fastrpc
    qcom,fastrpc v7.3 qcom,kaanapali-fastrpc
qcom-apm
    qcom,q6apm
qcom-prm
    qcom,q6prm
qcom-q6adm
    qcom,q6adm
qcom-q6afe
    qcom,q6afe
qcom-q6asm
    qcom,q6asm
`;

type Drivers = ReadonlyMap<string, MakingDriver>;

const onPlatformBus: Drivers = new Map([...driversIn(late, false), ...driversIn(early, true)]);
const onOtherBuses: Drivers = new Map(driversIn(elsewhere, false));

function* driversIn(table: string, early: boolean): Generator<[string, MakingDriver]> {
  let driver: MakingDriver | null = null;
  for (const line of table.split('\n')) {
    if (!line.startsWith(' ')) {
      const [, name = '', enters, named = null] =
        /^([^ ]*)(?: > (.*))?(?: \+ (.*))?$/.exec(line) ?? [];
      const buses = enters === 'default' ? busNodes : (enters?.split(' ') ?? []);
      driver = { name, since: null, buses, named, early };
      continue;
    }
    for (const word of line.trim().split(' ')) {
      if (driver === null) break;
      if (word === 'v6.12' || word === 'v7.3') driver = { ...driver, since: word };
      else yield [word, driver];
    }
  }
}

/** The driver of a platform or AMBA device that makes devices of the nodes below it; null for none. */
export function makingDriverOf(node: FdtNode): MakingDriver | null {
  return first(onPlatformBus, node);
}

/** The same for a node that is a device of another bus. */
export function makingDriverElsewhere(node: FdtNode): MakingDriver | null {
  return first(onOtherBuses, node);
}

/** The most specific name that a driver binds to decides. */
function first(drivers: Drivers, node: FdtNode): MakingDriver | null {
  for (const compatible of compatibleOf(node)) {
    const driver = drivers.get(compatible.toLowerCase());
    if (driver !== undefined) return driver;
  }
  return null;
}
